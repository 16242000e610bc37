package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

var importName = regexp.MustCompile(`^imports/[A-Za-z0-9-]{1,64}$`)

// check refuses what can't be meant.
func (c *ImportCmd) check() error {
	switch {
	case c.File == "" && c.Follow == "":
		return errors.New("name the FILE, or --follow an import")
	case c.File != "" && c.Follow != "":
		return errors.New("--follow goes without a file")
	case c.Follow != "" && !importName.MatchString(c.Follow):
		return fmt.Errorf("--follow=%s is no import's name: it looks like imports/0190…", c.Follow)
	case c.File != "" && c.Issuer == "" && c.Preset == "":
		return errors.New("--issuer is missing: the system that the file comes from, such as --issuer=erp")
	}
	return nil
}

// spec is the import that the settings describe. What the values have to be, the server knows.
func (c *ImportCmd) spec() (*orderv1.Import, error) {
	if c.Format == "" {
		c.Format = c.guessFormat()
	}
	if c.Format == "" {
		return nil, errors.New("--format is missing: csv, xlsx or cdnow")
	}
	delimiter, err := delimiterOf(c.Delimiter)
	if err != nil {
		return nil, err
	}
	spec := &orderv1.Import{
		DisplayName: c.displayName(), Issuer: cmp.Or(c.Issuer, c.Preset), CurrencyCode: c.Currency, ProductId: c.Product, TimeZone: c.TimeZone,
		RegionCode: c.Region, Delimiter: delimiter, Encoding: c.Encoding, ValidateOnly: c.DryRun,
	}
	if c.DecimalComma || c.DecimalPoint {
		spec.DecimalComma = &c.DecimalComma
	}
	var faults []error
	choose := func(flag, text string, values map[string]int32) int32 {
		number, err := chosen(flag, text, values)
		faults = append(faults, err)
		return number
	}
	spec.Format = orderv1.Import_Format(choose("format", c.Format, orderv1.Import_Format_value))
	spec.RowType = orderv1.Import_RowType(choose("row-type", c.RowType, orderv1.Import_RowType_value))
	spec.Channel = typepb.Channel(choose("channel", c.Channel, typepb.Channel_value))
	spec.DateOrder = orderv1.Import_DateOrder(choose("date-order", c.DateOrder, orderv1.Import_DateOrder_value))
	spec.Preset = orderv1.Import_Preset(choose("preset", strings.ToLower(c.Preset), presets))
	if len(c.Map) > 0 {
		spec.Mapping = &orderv1.Import_Mapping{}
		faults = append(faults, fill(spec.GetMapping(), c.Map))
	}
	return spec, errors.Join(faults...)
}

// guessFormat knows a format by the file's name. What a program exports is CSV otherwise.
func (c *ImportCmd) guessFormat() string {
	switch strings.ToLower(filepath.Ext(c.File)) {
	case ".csv", ".tsv":
		return "csv"
	case ".xlsx":
		return "xlsx"
	}
	if c.Preset != "" {
		return "csv"
	}
	return ""
}

// presets are the programs whose exports are known, as people call them.
var presets = map[string]int32{
	"SHOPIFY": int32(orderv1.Import_SHOPIFY), "WOOCOMMERCE": int32(orderv1.Import_WOOCOMMERCE), "1C": int32(orderv1.Import_ONE_C),
}

var delimiters = map[string]string{"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}

// delimiterOf is the character that a flag names.
func delimiterOf(text string) (string, error) {
	if character, named := delimiters[strings.ToLower(text)]; named {
		return character, nil
	}
	if utf8.RuneCountInString(text) > 1 {
		return "", fmt.Errorf("--delimiter=%s is neither one character nor one of comma, semicolon, tab, pipe", text)
	}
	return text, nil
}

// chosen is the value of an enum that a flag names, such as day-month-year; nothing chooses none.
func chosen(flag, text string, values map[string]int32) (int32, error) {
	if text == "" {
		return 0, nil
	}
	number := values[strings.ToUpper(strings.ReplaceAll(text, "-", "_"))]
	if number != 0 {
		return number, nil
	}
	byNumber := map[int32]string{}
	for name, n := range values {
		byNumber[n] = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	}
	delete(byNumber, 0)
	var names []string
	for _, n := range slices.Sorted(maps.Keys(byNumber)) {
		names = append(names, byNumber[n])
	}
	return 0, fmt.Errorf("--%s=%s is not one of %s", flag, text, strings.Join(names, ", "))
}

// fill notes which columns hold what.
func fill(mapping *orderv1.Import_Mapping, entries []string) error {
	m := mapping.ProtoReflect()
	fields := m.Descriptor().Fields()
	for _, entry := range entries {
		name, title, _ := strings.Cut(entry, "=")
		field := fields.ByTextName(strings.ReplaceAll(name, "-", "_"))
		switch {
		case field == nil:
			return fmt.Errorf("--map=%s: there is no field %q, but %s", entry, name, namesOf(fields))
		case title == "":
			return fmt.Errorf("--map=%s: the column's title is missing, as in %s=Title", entry, name)
		case m.Has(field):
			return fmt.Errorf("--map=%s: %s has a column already", entry, name)
		}
		m.Set(field, protoreflect.ValueOfString(title))
	}
	return nil
}

func namesOf(fields protoreflect.FieldDescriptors) string {
	names := make([]string, fields.Len())
	for i := range names {
		names[i] = string(fields.Get(i).Name())
	}
	return strings.Join(names, ", ")
}
