package imports

import (
	"time"

	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/errs"
	amount "kept.dev/kit/money"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// complete fills in what the format says by itself, and refuses what it does not know or what can't be.
func complete(i *orderv1.Import) error {
	faults := append(formatFaults(i), settingFaults(i)...)
	if len(faults) > 0 {
		return errs.InvalidFields(faults...)
	}
	if i.GetRowType() == orderv1.Import_ROW_TYPE_UNSPECIFIED {
		i.RowType = orderv1.Import_ORDER
	}
	if i.GetFormat() == orderv1.Import_CDNOW {
		if i.GetCurrencyCode() == "" {
			i.CurrencyCode = "USD"
		}
		if i.GetProductId() == "" {
			i.ProductId = "cd"
		}
	}
	return nil
}

// formatFaults are the settings that have no meaning in the format.
func formatFaults(i *orderv1.Import) (faults []errs.Field) {
	if i.GetFormat() != orderv1.Import_CSV && (i.GetDelimiter() != "" || i.GetEncoding() != "") {
		faults = append(faults, errs.Field{Path: "import.delimiter", Description: "must be empty, as encoding: only CSV has them"})
	}
	if i.GetFormat() != orderv1.Import_CDNOW {
		return faults
	}
	for _, f := range []struct {
		path string
		set  bool
	}{
		{"import.mapping", i.GetMapping() != nil && !proto.Equal(i.GetMapping(), &orderv1.Import_Mapping{})},
		{"import.date_order", i.GetDateOrder() != orderv1.Import_DATE_ORDER_UNSPECIFIED},
		{"import.decimal_comma", i.DecimalComma != nil},
		{"import.preset", i.GetPreset() != orderv1.Import_PRESET_UNSPECIFIED},
	} {
		if f.set {
			faults = append(faults, errs.Field{Path: f.path, Description: "must be empty: the CDNOW format says it by itself"})
		}
	}
	if i.GetRowType() == orderv1.Import_CUSTOMER {
		faults = append(faults, errs.Field{Path: "import.row_type", Description: "must be ORDER: in the CDNOW format each row is one"})
	}
	return faults
}

// settingFaults are a time zone, an encoding or a currency that does not exist.
func settingFaults(i *orderv1.Import) (faults []errs.Field) {
	if _, err := zoneOf(i); err != nil {
		faults = append(faults, errs.Field{Path: "import.time_zone", Description: "must be an IANA time zone, such as Europe/Kyiv"})
	}
	if i.GetEncoding() != "" {
		if _, err := charsetOf(i.GetEncoding()); err != nil {
			faults = append(faults, errs.Field{Path: "import.encoding", Description: err.Error()})
		}
	}
	if i.GetCurrencyCode() != "" {
		if _, err := amount.Parse(&money.Money{CurrencyCode: i.GetCurrencyCode()}); err != nil {
			faults = append(faults, errs.Field{Path: "import.currency_code", Description: err.Error()})
		}
	}
	return faults
}

// zoneOf is the time zone of an import's dates. The server's own zone is none of them.
func zoneOf(i *orderv1.Import) (*time.Location, error) {
	if i.GetTimeZone() == "Local" {
		return nil, errs.Invalid("import.time_zone", "Local is no time zone")
	}
	return time.LoadLocation(i.GetTimeZone())
}
