// A web app with go-oidc and golang.org/x/oauth2.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log"
	"net/http"
	"net/url"
	"os"
	"sync"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// What waits for its answer, and who is signed in, by cookie.
type session struct {
	state, nonce, verifier string
	claims                 map[string]any
	token                  *oauth2.Token
	idToken                string
}

var (
	sessions = map[string]*session{}
	lock     sync.Mutex
)

func main() {
	ctx := context.Background()
	appURL := os.Getenv("APP_URL")

	provider, err := oidc.NewProvider(ctx, os.Getenv("ISSUER"))
	if err != nil {
		log.Fatal(err)
	}
	config := oauth2.Config{
		ClientID:     os.Getenv("CLIENT_ID"),
		ClientSecret: os.Getenv("CLIENT_SECRET"),
		Endpoint:     provider.Endpoint(),
		RedirectURL:  appURL + "/callback",
		Scopes:       []string{oidc.ScopeOpenID, "profile", "email"},
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: config.ClientID})

	http.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		s := begin(w)
		s.state, s.nonce, s.verifier = rand.Text(), rand.Text(), oauth2.GenerateVerifier()
		address := config.AuthCodeURL(s.state, oidc.Nonce(s.nonce), oauth2.S256ChallengeOption(s.verifier))
		http.Redirect(w, r, address, http.StatusFound)
	})

	http.HandleFunc("/callback", func(w http.ResponseWriter, r *http.Request) {
		s := of(r)
		if s == nil || r.URL.Query().Get("state") != s.state {
			http.Error(w, "state did not match", http.StatusBadRequest)
			return
		}
		token, err := config.Exchange(r.Context(), r.URL.Query().Get("code"), oauth2.VerifierOption(s.verifier))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		raw, _ := token.Extra("id_token").(string)
		idToken, err := verifier.Verify(r.Context(), raw)
		if err != nil || idToken.Nonce != s.nonce {
			http.Error(w, "the ID token is not right", http.StatusInternalServerError)
			return
		}
		if err := idToken.Claims(&s.claims); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		s.token, s.idToken = token, raw
		http.Redirect(w, r, "/", http.StatusFound)
	})

	http.HandleFunc("/userinfo", func(w http.ResponseWriter, r *http.Request) {
		s := of(r)
		// Refreshes where the access token has expired, and gives the newest tokens, which are kept.
		token, err := config.TokenSource(r.Context(), s.token).Token()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		s.token = token
		info, err := provider.UserInfo(r.Context(), oauth2.StaticTokenSource(token))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		var claims map[string]any
		_ = info.Claims(&claims)
		_ = json.NewEncoder(w).Encode(claims)
	})

	http.HandleFunc("/logout", func(w http.ResponseWriter, r *http.Request) {
		var endpoints struct {
			EndSession string `json:"end_session_endpoint"`
		}
		_ = provider.Claims(&endpoints)
		query := url.Values{"id_token_hint": {of(r).idToken}, "post_logout_redirect_uri": {appURL + "/"}}
		begin(w)
		http.Redirect(w, r, endpoints.EndSession+"?"+query.Encode(), http.StatusFound)
	})

	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if s := of(r); s != nil && s.claims != nil {
			_ = json.NewEncoder(w).Encode(s.claims)
			return
		}
		_ = json.NewEncoder(w).Encode("nobody")
	})

	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}

// A fresh session, whose cookie takes the place of another.
func begin(w http.ResponseWriter) *session {
	id, s := rand.Text(), &session{}
	lock.Lock()
	defer lock.Unlock()
	sessions[id] = s
	http.SetCookie(w, &http.Cookie{Name: "session", Value: id, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	return s
}

func of(r *http.Request) *session {
	cookie, err := r.Cookie("session")
	if err != nil {
		return nil
	}
	lock.Lock()
	defer lock.Unlock()
	return sessions[cookie.Value]
}
