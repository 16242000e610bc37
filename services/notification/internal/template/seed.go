package template

import (
	"bufio"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	_ "kept.dev/proto/gen/kept/order/v1" // the facts that the templates tell
	_ "kept.dev/proto/gen/kept/promise/v1"
	_ "kept.dev/proto/gen/kept/support/v1"
)

//go:embed texts/*.txt
var seeds embed.FS

// definition is a template as it is in the code: its first version.
type definition struct {
	id, fact string
	fields   []field
	texts    []*notificationv1.Template_Text
	// options are the words of what can be chosen, by language and choice.
	options map[string]map[string]Option
}

// load reads all templates, in the order of their ids.
func load(files fs.FS) ([]*definition, error) {
	paths, err := fs.Glob(files, "texts/*.txt")
	if err != nil {
		return nil, err
	}
	slices.Sort(paths)
	all := make([]*definition, len(paths))
	for i, p := range paths {
		source, err := fs.ReadFile(files, p)
		if err != nil {
			return nil, err
		}
		if all[i], err = read(strings.TrimSuffix(path.Base(p), ".txt"), string(source)); err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
	}
	return all, nil
}

// read reads one template. Its first lines say `fact:` and, where the texts may use more than the fact has, `extra:`. Each
// language begins with a line such as `=== uk`; then come the title, an empty line, and the body. Lines such as
// `@WAIT label: …` and `@WAIT taken: …` are the words of an option, and what is said when it was taken.
func read(id, source string) (*definition, error) {
	d := &definition{id: id, options: map[string]map[string]Option{}}
	head, sections, _ := strings.Cut(source, "=== ")
	if err := d.readHead(head); err != nil {
		return nil, err
	}
	for section := range strings.SplitSeq(sections, "\n=== ") {
		if err := d.readText(section); err != nil {
			return nil, err
		}
	}
	if faults := d.faults(d.texts); len(faults) > 0 {
		return nil, fmt.Errorf("%s: %s", faults[0].Path, faults[0].Description)
	}
	return d, nil
}

func (d *definition) readHead(head string) error {
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch value = strings.TrimSpace(value); key {
		case "fact":
			found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(value))
			if err != nil {
				return err
			}
			d.fact = value
			d.fields = append(d.fields, fieldsOf(found.(protoreflect.MessageDescriptor))...)
		case "extra":
			d.fields = append(d.fields, field{name: value, camel: value})
		case "":
		default:
			return fmt.Errorf("%q is not known", key)
		}
	}
	return nil
}

func (d *definition) readText(section string) error {
	language, rest, _ := strings.Cut(section, "\n")
	options := map[string]Option{}
	var lines []string
	for scan := bufio.NewScanner(strings.NewReader(rest)); scan.Scan(); {
		if words, ok := strings.CutPrefix(scan.Text(), "@"); ok {
			if err := readOption(options, words); err != nil {
				return err
			}
			continue
		}
		lines = append(lines, scan.Text())
	}
	title, body, _ := strings.Cut(strings.Join(lines, "\n"), "\n")
	d.options[language] = options
	d.texts = append(d.texts, &notificationv1.Template_Text{
		LanguageCode: language, Title: title, Body: strings.TrimSpace(body),
	})
	return nil
}

func readOption(options map[string]Option, line string) error {
	key, words, _ := strings.Cut(line, ": ")
	choice, what, _ := strings.Cut(key, " ")
	o := options[choice]
	o.Choice = choice
	switch what {
	case "label":
		o.Label = words
	case "taken":
		o.Confirmation = words
	default:
		return fmt.Errorf("@%s is neither a label nor a confirmation", key)
	}
	options[choice] = o
	return nil
}
