// What a Kubernetes API server makes of a token: its own reading of authentication.yaml and its own authenticator.
//
// kubernetes CONFIGURATION < TOKEN
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/install"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	"k8s.io/apiserver/pkg/authentication/cel"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(path string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	configuration, err := load(path)
	if err != nil {
		return err
	}
	authenticator, err := oidc.New(ctx, oidc.Options{
		JWTAuthenticator:     configuration.JWT[0],
		Client:               withoutTLS(os.Getenv("LIMEN")),
		SupportedSigningAlgs: oidc.AllValidSigningAlgorithms(),
	})
	if err != nil {
		return err
	}
	for authenticator.HealthCheck() != nil {
		if ctx.Err() != nil {
			return authenticator.HealthCheck()
		}
		time.Sleep(50 * time.Millisecond)
	}
	token, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	answer, ok, err := authenticator.AuthenticateToken(ctx, strings.TrimSpace(string(token)))
	if err != nil || !ok {
		return fmt.Errorf("not authenticated: %w", err)
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]string{"name": answer.User.GetName()})
}

// As the API server reads it: strictly.
func load(path string) (*apiserver.AuthenticationConfiguration, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	scheme := runtime.NewScheme()
	install.Install(scheme)
	codecs := serializer.NewCodecFactory(scheme, serializer.EnableStrict)
	object, err := runtime.Decode(codecs.UniversalDecoder(), data)
	if err != nil {
		return nil, err
	}
	configuration, ok := object.(*apiserver.AuthenticationConfiguration)
	if !ok {
		return nil, fmt.Errorf("%T is no AuthenticationConfiguration", object)
	}
	errs := validation.ValidateAuthenticationConfiguration(cel.NewDefaultCompiler(), configuration, nil)
	return configuration, errs.ToAggregate()
}

// The API server wants an issuer on https, and the Limen of the tests has no certificate.
func withoutTLS(address string) *http.Client {
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	return &http.Client{Transport: &http.Transport{DialTLSContext: dial}}
}
