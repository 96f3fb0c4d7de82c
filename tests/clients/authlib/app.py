"""A web app with Authlib and Flask."""

import os
from urllib.parse import urlencode

from authlib.integrations.flask_client import OAuth
from flask import Flask, jsonify, redirect, session, url_for

ISSUER = os.environ["ISSUER"]

app = Flask(__name__)
app.secret_key = "change me"


def keep(name, token, refresh_token=None, access_token=None):
    """The refresh token is another one after each refresh: keep the newest."""
    session["token"] = session["token"] | token


oauth = OAuth(app, update_token=keep)
oauth.register(
    "limen",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
)


@app.get("/login")
def login():
    return oauth.limen.authorize_redirect(url_for("callback", _external=True))


@app.get("/callback")
def callback():
    token = oauth.limen.authorize_access_token()
    session["user"] = token.pop("userinfo")
    session["token"] = token
    return redirect("/")


@app.get("/profile")
def profile():
    # Refreshes by itself where the access token is about to expire.
    return jsonify(oauth.limen.userinfo(token=session["token"]))


@app.get("/logout")
def logout():
    end_session = oauth.limen.load_server_metadata()["end_session_endpoint"]
    hint = session["token"]["id_token"]
    session.clear()
    query = {"id_token_hint": hint, "post_logout_redirect_uri": url_for("home", _external=True)}
    return redirect(f"{end_session}?{urlencode(query)}")


@app.get("/")
def home():
    return jsonify(session.get("user", "nobody"))


if __name__ == "__main__":
    app.run(port=int(os.environ["PORT"]))
