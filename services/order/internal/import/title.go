package imports

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"kept.dev/kit/errs"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// titleFaults are columns that a file should have and has not.
type titleFaults []errs.Field

func (f titleFaults) Error() string { return f[0].Path + ": " + f[0].Description }

// newCSV reads the line of column titles.
func newCSV(i *orderv1.Import, zone *time.Location, now time.Time, line []byte) (csvForm, error) {
	f := csvForm{spec: i, at: map[string]int{}, zone: zone, now: now, layouts: layouts(i.GetDateOrder())}
	names, err := splitCSV(line, delimiterOf(i))
	if err != nil {
		return f, titleFaults{{Path: "import.format", Description: "the first line " + err.Error()}}
	}
	f.columns = len(names)
	columns := map[string]int{}
	for n, name := range names {
		columns[strings.ToLower(strings.TrimSpace(name))] = n
	}
	faults := f.place(columns)
	faults = append(faults, f.missing()...)
	if len(faults) > 0 {
		return f, faults
	}
	return f, nil
}

// place finds the column of each value: under the title that the mapping gives, or under its own name.
func (f csvForm) place(columns map[string]int) (faults titleFaults) {
	mapping := f.spec.GetMapping().ProtoReflect()
	fields := (&orderv1.Import_Mapping{}).ProtoReflect().Descriptor().Fields()
	for n := range fields.Len() {
		name := string(fields.Get(n).Name())
		title := titleOf(mapping, fields.Get(n))
		at, there := columns[strings.ToLower(strings.TrimSpace(cmp.Or(title, name)))]
		switch {
		case there:
			f.at[name] = at
		case title != "":
			faults = append(faults, errs.Field{Path: "import.mapping." + name,
				Description: fmt.Sprintf("the first line of the file has no column %q", title)})
		}
	}
	return faults
}

func titleOf(mapping protoreflect.Message, field protoreflect.FieldDescriptor) string {
	if !mapping.IsValid() {
		return ""
	}
	return mapping.Get(field).String()
}

// missing are values that rows need and for which there is no column.
func (f csvForm) missing() (faults titleFaults) {
	need := func(name string, instead bool, hint string) {
		if _, there := f.at[name]; !there && !instead {
			faults = append(faults, errs.Field{Path: "import.mapping." + name, Description: "must name a column of the file" + hint})
		}
	}
	_, email := f.at["email"]
	_, phone := f.at["phone"]
	need("customer_id", email || phone, ", or there must be one for email or phone: they tell whose a row is")
	if f.spec.GetRowType() == orderv1.Import_ORDER {
		need("order_time", false, ": it says when an order was placed")
		need("amount", false, ": it says what was paid")
		need("product_id", f.spec.GetProductId() != "", ", or import.product_id must say what was bought")
		need("currency_code", f.spec.GetCurrencyCode() != "", ", or import.currency_code must say it")
	}
	return faults
}
