package process

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"

	"github.com/alecthomas/kong"
)

// ErrHelp is returned by Parse when the caller asked for --help and has got it.
var ErrHelp = errors.New("help was asked for")

// envPrefix begins every environment variable: --database-url is KEPT_DATABASE_URL.
const envPrefix = "KEPT"

// secret is the tag of fields that are not to be shown: `secret:""`.
const secret = "secret"

// configFlag names the file, so it is no setting in it.
const configFlag = "config"

// passwords finds those in URLs, which show up in any setting.
var passwords = regexp.MustCompile(`(://[^\s:/@]*:)\S*@|([?&]password=)[^&\s]*`)

// Parse fills the target, a pointer to a struct with kong's tags, from flags, environment and a YAML file; the
// first that has a setting wins, and its default tag comes last. --config (KEPT_CONFIG) names the file.
//
// In the file a setting has its flag's name; dashes may be spelled as nesting, so that "database-url: x" is
// "database: {url: x}". A key that is no setting is an error, as is an unknown flag.
func Parse(app string, target any, args []string) error {
	_, err := ParseCommand(app, target, args)
	return err
}

// ParseCommand is Parse for a target with commands (kong's cmd tag): the context knows which was chosen, and runs it.
func ParseCommand(app string, target any, args []string) (*kong.Context, error) {
	return parse(app, target, args, os.Stdout)
}

func parse(app string, target any, args []string, out io.Writer) (*kong.Context, error) {
	helped := false
	file := &configFile{}
	parser, err := newParser(app, target, kong.Writers(out, out), kong.Resolvers(file),
		kong.WithBeforeResolve(file.open), kong.Exit(func(int) { helped = true }))
	if err != nil {
		return nil, err
	}
	ctx, err := parser.Parse(args)
	switch {
	case helped:
		return nil, ErrHelp
	case err != nil:
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return ctx, nil
}

func newParser(app string, target any, options ...kong.Option) (*kong.Kong, error) {
	file := &struct {
		Config string `help:"A YAML file with settings." type:"path" placeholder:"FILE"`
	}{}
	options = append(options, kong.Name(app), kong.Embed(file), kong.DefaultEnvars(envPrefix))
	parser, err := kong.New(target, options...)
	if err != nil {
		return nil, fmt.Errorf("configuration of %s: %w", app, err)
	}
	return parser, nil
}

// Setting is one thing that can be configured.
type Setting struct {
	Name    string // of the flag, without dashes, and of the key in the file
	Env     string
	Default string
	Help    string
	Group   string
	Enum    []string // the values allowed; empty where any is
	Secret  bool
}

// Describe lists every setting of the target, in the order of its fields, for documentation.
func Describe(target any) ([]Setting, error) {
	flags, err := flagsOf(target)
	if err != nil {
		return nil, err
	}
	settings := make([]Setting, len(flags))
	for i, f := range flags {
		s := Setting{Name: f.Name, Default: f.Default, Help: f.Help, Secret: f.Tag.Has(secret)}
		if len(f.Envs) > 0 {
			s.Env = f.Envs[0]
		}
		if f.Group != nil {
			s.Group = f.Group.Title
		}
		if f.Enum != "" {
			s.Enum = f.EnumSlice()
		}
		settings[i] = s
	}
	return settings, nil
}

// Masked gives the settings as they are, by name, with secrets and passwords in URLs replaced.
func Masked(target any) (map[string]string, error) {
	flags, err := flagsOf(target)
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, f := range flags {
		values[f.Name] = masked(f)
	}
	return values, nil
}

func masked(f *kong.Flag) string {
	if f.Tag.Has(secret) && !f.Target.IsZero() {
		return "xxxxx"
	}
	return passwords.ReplaceAllStringFunc(fmt.Sprint(f.Target.Interface()), func(found string) string {
		kept := passwords.FindStringSubmatch(found)
		if kept[1] != "" {
			return kept[1] + "xxxxx@"
		}
		return kept[2] + "xxxxx"
	})
}

func flagsOf(target any) ([]*kong.Flag, error) {
	parser, err := newParser("kept", target)
	if err != nil {
		return nil, err
	}
	flags := flagsBelow(parser.Model.Node)
	return slices.DeleteFunc(flags, func(f *kong.Flag) bool { return !configurable(f) }), nil
}

// flagsBelow are the flags of the node and of its commands.
func flagsBelow(node *kong.Node) []*kong.Flag {
	flags := slices.Clone(node.Flags)
	for _, child := range node.Children {
		flags = append(flags, flagsBelow(child)...)
	}
	return flags
}

func configurable(f *kong.Flag) bool { return f.Name != "help" && f.Name != configFlag }
