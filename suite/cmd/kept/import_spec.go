package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	commonv1 "kept.dev/proto/gen/kept/common/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
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
	case c.File != "" && c.Issuer == "":
		return errors.New("--issuer is missing: the system that the file comes from, such as --issuer=erp")
	}
	return nil
}

// spec is the import that the settings describe. What the values have to be, the server knows.
func (c *ImportCmd) spec() (*orderv1.Import, error) {
	if c.Format == "" && strings.EqualFold(filepath.Ext(c.File), ".csv") {
		c.Format = "csv"
	}
	if c.Format == "" {
		return nil, errors.New("--format is missing: csv or cdnow")
	}
	spec := &orderv1.Import{
		DisplayName: c.displayName(), Issuer: c.Issuer, CurrencyCode: c.Currency, ProductId: c.Product, TimeZone: c.TimeZone,
		RegionCode: c.Region, DecimalComma: c.DecimalComma,
	}
	var faults []error
	choose := func(flag, text string, values map[string]int32) int32 {
		number, err := chosen(flag, text, values)
		faults = append(faults, err)
		return number
	}
	spec.Format = orderv1.Import_Format(choose("format", c.Format, orderv1.Import_Format_value))
	spec.RowType = orderv1.Import_RowType(choose("row-type", c.RowType, orderv1.Import_RowType_value))
	spec.Channel = commonv1.Channel(choose("channel", c.Channel, commonv1.Channel_value))
	spec.DateOrder = orderv1.Import_DateOrder(choose("date-order", c.DateOrder, orderv1.Import_DateOrder_value))
	spec.Delimiter = orderv1.Import_Delimiter(choose("delimiter", c.Delimiter, orderv1.Import_Delimiter_value))
	if len(c.Map) > 0 {
		spec.Mapping = &orderv1.Import_Mapping{}
		faults = append(faults, fill(spec.GetMapping(), c.Map))
	}
	return spec, errors.Join(faults...)
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
