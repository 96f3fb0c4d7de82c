// Gitea's own command, which builds without SQLite unless it is told by a build tag; here it is told in code.
package main

import (
	"os"

	"code.gitea.io/gitea/cmd"
	"code.gitea.io/gitea/modules/log"
	_ "code.gitea.io/gitea/modules/markup/markdown"
	"code.gitea.io/gitea/modules/setting"
	_ "github.com/mattn/go-sqlite3"
)

func main() {
	setting.EnableSQLite3 = true
	setting.SupportedDatabaseTypes = append(setting.SupportedDatabaseTypes, "sqlite3")
	setting.AppVer = "1.26.0"
	app := cmd.NewMainApp(cmd.AppVersion{Version: setting.AppVer})
	err := cmd.RunMainApp(app, os.Args...)
	log.GetManager().Close()
	if err != nil {
		os.Exit(1)
	}
}
