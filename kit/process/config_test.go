package process_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/process"
)

type database struct {
	URL     string `help:"Where the rows are." default:"sqlite:kept.db" group:"Storage"`
	Readers int    `help:"Connections for reads." default:"8" group:"Storage"`
}

type settings struct {
	Port     int               `help:"Where to listen." default:"8080" group:"Network"`
	Drain    time.Duration     `help:"How long stopping may take." default:"30s"`
	Level    string            `help:"What to log." enum:"debug,info" default:"info"`
	Password string            `help:"Of the mail server." secret:""`
	Sandbox  bool              `help:"Play."`
	Issuers  []string          `help:"Who is believed."`
	Labels   map[string]string `help:"On everything."`
	Database database          `embed:"" prefix:"database-"`
}

func file(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "kept.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestFlagBeatsEnvironmentBeatsFileBeatsDefault(t *testing.T) {
	path := file(t, "port: 1\ndatabase:\n  url: from file\n  readers: 2\nlevel: debug\n")
	t.Setenv("KEPT_PORT", "3")
	t.Setenv("KEPT_DATABASE_URL", "from environment")
	var s settings
	require.NoError(t, process.Parse("kept", &s, []string{"--config", path, "--port=4"}))
	require.Equal(t, 4, s.Port)
	require.Equal(t, "from environment", s.Database.URL)
	require.Equal(t, 2, s.Database.Readers)
	require.Equal(t, "debug", s.Level)
	require.Equal(t, 30*time.Second, s.Drain)
}

func TestFileByEnvironmentWithEveryShape(t *testing.T) {
	t.Setenv("KEPT_CONFIG", file(t, `
drain: 5s
sandbox: true
database-url: flat
password: 0123
issuers: [https://a, "b,c"]
labels: {team: red, site: "x;y"}
`))
	var s settings
	require.NoError(t, process.Parse("kept", &s, nil))
	require.Equal(t, settings{
		Port: 8080, Drain: 5 * time.Second, Level: "info", Password: "0123", Sandbox: true,
		Issuers: []string{"https://a", "b,c"}, Labels: map[string]string{"team": "red", "site": "x;y"},
		Database: database{URL: "flat", Readers: 8},
	}, s)
}

func TestEmptyFile(t *testing.T) {
	require.NoError(t, process.Parse("kept", &settings{}, []string{"--config", file(t, "# nothing\n")}))
}

func TestConfigurationRefusals(t *testing.T) {
	for text, hint := range map[string]string{
		"prot: 1":                             `line 1: "prot" is not a setting`,
		"port: 1\ndatabase:\n  ulr: x":        `line 3: "database.ulr" is not a setting`,
		"config: other.yaml":                  `"config" is not a setting`,
		"help: true":                          `"help" is not a setting`,
		"port: eighty":                        `--port`,
		"port: [1, 2]":                        `port: wants a single value`,
		"level: loud":                         `--level`,
		"- port":                              `here settings are expected`,
		"database: x":                         `"database" is not a setting`,
		"port: 1\nport: 2":                    `kept.yaml`,
		"database-url: x\ndatabase: {url: y}": `database.url: is set twice`,
		"labels: {a: {b: c}}":                 `nested too deeply`,
		"port: 'x":                            `kept.yaml`,
	} {
		err := process.Parse("kept", &settings{}, []string{"--config", file(t, text)})
		require.ErrorContains(t, err, hint, text)
	}
	require.ErrorIs(t, process.Parse("kept", &settings{}, []string{"--config", "nowhere.yaml"}), os.ErrNotExist)
	require.ErrorContains(t, process.Parse("kept", &settings{}, []string{"--prot=1"}), "--prot")
	t.Setenv("KEPT_PORT", "eighty")
	require.ErrorContains(t, process.Parse("kept", &settings{}, nil), "KEPT_PORT")
}

func TestHelpTeaches(t *testing.T) {
	var out bytes.Buffer
	require.ErrorIs(t, process.ParseTo("kept", &settings{}, []string{"--help"}, &out), process.ErrHelp)
	for _, want := range []string{"Usage: kept", "Storage\n", "Network\n", "--port=8080", "KEPT_DATABASE_URL", "--config", "KEPT_CONFIG"} {
		require.Contains(t, out.String(), want)
	}
}

func TestDescribe(t *testing.T) {
	all, err := process.Describe(&settings{})
	require.NoError(t, err)
	require.Equal(t, process.Setting{
		Name: "port", Env: "KEPT_PORT", Default: "8080", Help: "Where to listen.", Group: "Network",
	}, all[0])
	require.Equal(t, []string{"debug", "info"}, all[2].Enum)
	require.True(t, all[3].Secret)
	require.Equal(t, "KEPT_DATABASE_URL", all[7].Env)
	require.Len(t, all, 9)
}

func TestMaskedLeavesTheTargetAlone(t *testing.T) {
	s := settings{
		Port: 7, Password: "p", Issuers: []string{"redis://:pa/ss@h", "x?password=p&a=b"},
		Database: database{URL: "postgres://u:p@ss@h/db"},
	}
	values, err := process.Masked(&s)
	require.NoError(t, err)
	require.Equal(t, "xxxxx", values["password"])
	require.Equal(t, "postgres://u:xxxxx@h/db", values["database-url"])
	require.Equal(t, "[redis://:xxxxx@h x?password=xxxxx&a=b]", values["issuers"])
	require.Equal(t, "0s", values["drain"])
	require.Equal(t, 7, s.Port)
	require.Equal(t, "p", s.Password)
	empty, err := process.Masked(&settings{})
	require.NoError(t, err)
	require.Empty(t, empty["password"], "an empty secret is no secret")
}

type commands struct {
	Level string `default:"info"`
	Serve struct {
		Port int `default:"1"`
	} `cmd:"" default:"withargs"`
	Token struct {
		Role string `required:""`
	} `cmd:""`
}

func TestCommands(t *testing.T) {
	var c commands
	ctx, err := process.ParseCommand("kept", &c, []string{"token", "--role=agent", "--config", file(t, "port: 5\nlevel: debug")})
	require.NoError(t, err)
	require.Equal(t, "token", ctx.Command())
	require.Equal(t, "agent", c.Token.Role)
	require.Equal(t, "debug", c.Level)
	ctx, err = process.ParseCommand("kept", &c, []string{"--config", file(t, "port: 5")})
	require.NoError(t, err)
	require.Equal(t, "serve", ctx.Command())
	require.Equal(t, 5, c.Serve.Port)
}
