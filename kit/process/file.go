package process

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// configFile gives kong the settings of the YAML file. kong would let them win over the environment, so it keeps
// silent about what the environment has.
type configFile struct {
	values map[string]string // by flag
}

// open reads the file. kong calls it once it has read the flags, and so knows the file's name.
func (c *configFile) open(ctx *kong.Context) error {
	flags := flagsBelow(ctx.Model.Node)
	path := os.Getenv(envPrefix + "_CONFIG")
	for _, f := range flags {
		if given, _ := ctx.FlagValue(f).(string); f.Name == configFlag && given != "" {
			path = given
		}
	}
	return c.load(path, flags)
}

// Validate is part of kong.Resolver; open has checked the keys already.
func (c *configFile) Validate(*kong.Application) error { return nil }

// Resolve is part of kong.Resolver.
func (c *configFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, env := range flag.Envs {
		if _, ok := os.LookupEnv(env); ok {
			return nil, nil
		}
	}
	if value, ok := c.values[flag.Name]; ok {
		return value, nil
	}
	return nil, nil
}

func (c *configFile) load(path string, flags []*kong.Flag) error {
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	c.values = map[string]string{}
	if len(doc.Content) == 0 { // an empty file
		return nil
	}
	if err := c.read(nil, doc.Content[0], flags); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// read goes through the keys, down to those that are flags.
func (c *configFile) read(above []string, node *yaml.Node, flags []*kong.Flag) error {
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: here settings are expected, each as key: value", node.Line)
	}
	for i := 0; i < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		path := append(above[:len(above):len(above)], key.Value)
		flag := settingOf(strings.Join(path, "-"), flags)
		if flag == nil && value.Kind == yaml.MappingNode {
			if err := c.read(path, value, flags); err != nil {
				return err
			}
			continue
		}
		if flag == nil {
			return fmt.Errorf("line %d: %q is not a setting", key.Line, strings.Join(path, "."))
		}
		if err := c.set(flag, value); err != nil {
			return fmt.Errorf("line %d: %s: %w", key.Line, strings.Join(path, "."), err)
		}
	}
	return nil
}

func settingOf(name string, flags []*kong.Flag) *kong.Flag {
	for _, f := range flags {
		if f.Name == name && configurable(f) {
			return f
		}
	}
	return nil
}

// set notes the value as the text that one would write after the flag.
func (c *configFile) set(flag *kong.Flag, node *yaml.Node) error {
	if _, twice := c.values[flag.Name]; twice {
		return errors.New("is set twice")
	}
	text, err := textOf(flag, node)
	c.values[flag.Name] = text
	return err
}

func textOf(flag *kong.Flag, node *yaml.Node) (string, error) {
	parts := make([]string, 0, len(node.Content))
	for _, n := range node.Content {
		if n.Kind != yaml.ScalarNode {
			return "", errors.New("is nested too deeply")
		}
		parts = append(parts, n.Value)
	}
	switch {
	case node.Kind == yaml.ScalarNode:
		return node.Value, nil
	case node.Kind == yaml.SequenceNode && flag.IsSlice():
		return kong.JoinEscaped(parts, flag.Tag.Sep), nil
	case node.Kind == yaml.MappingNode && flag.IsMap():
		var pairs []string
		for i := 0; i < len(parts); i += 2 {
			pairs = append(pairs, parts[i]+"="+parts[i+1])
		}
		return kong.JoinEscaped(pairs, flag.Tag.MapSep), nil
	}
	return "", errors.New("wants a single value")
}
