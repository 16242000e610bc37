package upgrade

import "strings"

// statement is one statement of a migration: in lower case, without comments, with single spaces.
type statement struct {
	text string
	// contract is the release that the comment before it names, as in "-- contract: since v0.1.0".
	contract string
}

const contractMark = "-- contract: since "

// statements reads the way up of a goose file.
func statements(file string) (out []statement) {
	var current statement
	var text strings.Builder
	whole := false // between StatementBegin and StatementEnd, where a semicolon ends nothing
	end := func() {
		if current.text = normal(text.String()); current.text != "" {
			out = append(out, current)
		}
		current = statement{}
		text.Reset()
	}
	for line := range strings.Lines(file) {
		line = strings.TrimSpace(line)
		switch {
		case line == "-- +goose Down":
			end()
			return out
		case line == "-- +goose StatementBegin":
			whole = true
		case line == "-- +goose StatementEnd":
			whole = false
			end()
		case strings.HasPrefix(line, contractMark):
			current.contract = strings.TrimSpace(strings.TrimPrefix(line, contractMark))
		default:
			parts := []string{cut(line, "--")[0]}
			if !whole {
				parts = cut(parts[0], ";")
			}
			for i, part := range parts {
				if i > 0 {
					end()
				}
				text.WriteString(part + "\n")
			}
		}
	}
	end()
	return out
}

// cut cuts a line at a mark, but for marks within quotes.
func cut(line, mark string) (parts []string) {
	quoted, from := false, 0
	for i := range line {
		if line[i] == '\'' {
			quoted = !quoted
		}
		if !quoted && i >= from && strings.HasPrefix(line[i:], mark) {
			parts, from = append(parts, line[from:i]), i+len(mark)
		}
	}
	return append(parts, line[from:])
}

func normal(text string) string {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	return strings.TrimSpace(strings.TrimSuffix(text, ";"))
}
