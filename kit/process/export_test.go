package process

import "io"

// ParseTo is Parse with the help written elsewhere.
func ParseTo(app string, target any, args []string, out io.Writer) error {
	_, err := parse(app, target, args, out)
	return err
}

// Untouched are the addresses, first and after the last, that untouched finds.
func Untouched(smaps io.Reader, file string) ([][2]uintptr, error) {
	found, err := untouched(smaps, file)
	var all [][2]uintptr
	for _, p := range found {
		all = append(all, [2]uintptr{p.from, p.to})
	}
	return all, err
}
