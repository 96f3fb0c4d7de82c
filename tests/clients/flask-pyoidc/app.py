"""A web app with Flask-pyoidc."""

import os

from flask import Flask, jsonify
from flask_pyoidc import OIDCAuthentication
from flask_pyoidc.provider_configuration import ClientMetadata, ProviderConfiguration
from flask_pyoidc.user_session import UserSession
import flask

app = Flask(__name__)
app.config.update(
    OIDC_REDIRECT_URI=f"{os.environ['APP_URL']}/redirect_uri",
    SECRET_KEY="change me",
)

limen = ProviderConfiguration(
    issuer=os.environ["ISSUER"],
    client_metadata=ClientMetadata(
        client_id=os.environ["CLIENT_ID"],
        client_secret=os.environ["CLIENT_SECRET"],
        post_logout_redirect_uris=[f"{os.environ['APP_URL']}/logout"],
    ),
    auth_request_params={"scope": ["openid", "profile", "email"]},
)
auth = OIDCAuthentication({"limen": limen}, app)


@app.get("/profile")
@auth.oidc_auth("limen")
def profile():
    user = UserSession(flask.session)
    return jsonify(id_token=user.id_token, userinfo=user.userinfo)


@app.get("/refresh")
@auth.oidc_auth("limen")
def refresh():
    before = UserSession(flask.session).access_token
    return jsonify(is_new=auth.valid_access_token(force_refresh=True) not in (None, before))


@app.get("/logout")
@auth.oidc_logout
def logout():
    return jsonify("nobody")


@app.get("/")
def home():
    return jsonify("nobody")


if __name__ == "__main__":
    app.run(port=int(os.environ["PORT"]))
