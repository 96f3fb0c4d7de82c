// Argo CD's own API server and its own command line. What it keeps in Kubernetes and Redis is kept in memory.
//
// argo-cd server FOLDER     serves with argocd-cm.yaml and argocd-rbac-cm.yaml of the folder
// argo-cd WORDS             is argocd WORDS
package main

import (
	"context"
	"crypto/rand"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/argoproj/argo-cd/v3/cmd/argocd/commands"
	"github.com/argoproj/argo-cd/v3/common"
	apps "github.com/argoproj/argo-cd/v3/pkg/client/clientset/versioned/fake"
	repositories "github.com/argoproj/argo-cd/v3/reposerver/apiclient"
	"github.com/argoproj/argo-cd/v3/server"
	servercache "github.com/argoproj/argo-cd/v3/server/cache"
	"github.com/argoproj/argo-cd/v3/util/cache"
	"github.com/argoproj/argo-cd/v3/util/cache/appstate"
	"github.com/argoproj/argo-cd/v3/util/tls"
	"github.com/redis/go-redis/v9"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	dynamic "k8s.io/client-go/dynamic/fake"
	kubernetes "k8s.io/client-go/kubernetes/fake"
	controller "sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/yaml"
)

const namespace = "argocd"

func main() {
	var err error
	if os.Args[1] == "server" {
		err = serve(os.Args[2])
	} else {
		err = commands.NewCommand().Execute()
	}
	if err != nil {
		log.Fatal(err)
	}
}

func serve(folder string) error {
	port, err := strconv.Atoi(os.Getenv("PORT"))
	if err != nil {
		return err
	}
	settings, err := configMap(folder, common.ArgoCDConfigMapName)
	if err != nil {
		return err
	}
	rights, err := configMap(folder, common.ArgoCDRBACConfigMapName)
	if err != nil {
		return err
	}
	secret := &corev1.Secret{ObjectMeta: named(common.ArgoCDSecretName), Data: map[string][]byte{
		"server.secretkey":        []byte(rand.Text()),
		"oidc.limen.clientSecret": []byte(os.Getenv("CLIENT_SECRET")),
	}}
	memory, err := miniredis.Run()
	if err != nil {
		return err
	}
	ctx, hour := context.Background(), time.Hour
	argocd := server.NewServer(ctx, server.ArgoCDServerOpts{
		Insecure:                true,
		ListenHost:              "127.0.0.1",
		ListenPort:              port,
		MetricsHost:             "127.0.0.1",
		Namespace:               namespace,
		BaseHRef:                "/",
		StaticAssetsDir:         folder,
		KubeClientset:           kubernetes.NewClientset(settings, rights, secret),
		AppClientset:            apps.NewSimpleClientset(),
		DynamicClientset:        dynamic.NewSimpleDynamicClient(runtime.NewScheme()),
		KubeControllerClientset: controller.NewClientBuilder().Build(),
		RepoClientset:           repositories.NewRepoServerClientset("127.0.0.1:1", 1, tls.Configuration{DisableTLS: true}),
		RedisClient:             redis.NewClient(&redis.Options{Addr: memory.Addr()}),
		Cache:                   servercache.NewCache(appstate.NewCache(cache.NewCache(cache.NewInMemoryCache(hour)), hour), hour, hour),
	}, server.ApplicationSetOpts{})
	argocd.Init(ctx)
	listeners, err := argocd.Listen()
	if err != nil {
		return err
	}
	argocd.Run(ctx, listeners)
	return nil
}

func configMap(folder, name string) (*corev1.ConfigMap, error) {
	text, err := os.ReadFile(filepath.Join(folder, name+".yaml"))
	if err != nil {
		return nil, err
	}
	object := &corev1.ConfigMap{}
	err = yaml.UnmarshalStrict(text, object)
	object.ObjectMeta = named(name)
	return object, err
}

func named(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: map[string]string{"app.kubernetes.io/part-of": "argocd"}}
}
