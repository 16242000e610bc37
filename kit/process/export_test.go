package process

import "io"

// ParseTo is Parse with the help written elsewhere.
func ParseTo(app string, target any, args []string, out io.Writer) error {
	_, err := parse(app, target, args, out)
	return err
}
