// What the library with which Grafana reads claims makes of them.
//
// grafana EXPRESSION < CLAIMS
package main

import (
	"encoding/json"
	"log"
	"os"

	"github.com/jmespath-community/go-jmespath"
)

func main() {
	var claims any
	if err := json.NewDecoder(os.Stdin).Decode(&claims); err != nil {
		log.Fatal(err)
	}
	found, err := jmespath.Search(os.Args[1], claims)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		log.Fatal(err)
	}
}
