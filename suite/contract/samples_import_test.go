package contract_test

import (
	"strings"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

func importSamples() map[string]sample {
	return map[string]sample{
		orderv1.ImportService_CreateImport_FullMethodName: func(*fixture) proto.Message {
			return &orderv1.CreateImportRequest{Import: anImport()}
		},
		orderv1.ImportService_GetImport_FullMethodName: func(w *fixture) proto.Message {
			return &orderv1.GetImportRequest{Name: w.imported()}
		},
		orderv1.ImportService_ListImports_FullMethodName: func(w *fixture) proto.Message {
			w.imported()
			return &orderv1.ListImportsRequest{PageSize: 10, Filter: "state = SUCCEEDED", OrderBy: "create_time desc"}
		},
		orderv1.ImportService_WriteImportContent_FullMethodName: func(w *fixture) proto.Message {
			name := w.uploaded("customer_id\n")
			return &orderv1.WriteImportContentRequest{Name: name, Offset: 12, Data: []byte("K-" + freshID() + "\n")}
		},
		orderv1.ImportService_StartImport_FullMethodName: func(w *fixture) proto.Message {
			return &orderv1.StartImportRequest{Name: w.uploaded("customer_id\n")}
		},
		orderv1.ImportService_PauseImport_FullMethodName: func(w *fixture) proto.Message {
			return &orderv1.PauseImportRequest{Name: w.standing(orderv1.Import_RUNNING)}
		},
		orderv1.ImportService_ResumeImport_FullMethodName: func(w *fixture) proto.Message {
			return &orderv1.ResumeImportRequest{Name: w.standing(orderv1.Import_PAUSED)}
		},
		orderv1.ImportService_CancelImport_FullMethodName: func(w *fixture) proto.Message {
			return &orderv1.CancelImportRequest{Name: w.uploaded("customer_id\n")}
		},
		orderv1.ImportService_UndoImport_FullMethodName: func(w *fixture) proto.Message {
			return &orderv1.UndoImportRequest{Name: w.imported()}
		},
		orderv1.ImportService_ListImportFaults_FullMethodName: func(w *fixture) proto.Message {
			return &orderv1.ListImportFaultsRequest{Parent: w.imported(), PageSize: 10}
		},
	}
}

// anImport is a file of customers, with every setting that it may have.
func anImport() *orderv1.Import {
	return &orderv1.Import{
		DisplayName: "customers.csv " + freshID(), Format: orderv1.Import_CSV, RowType: orderv1.Import_CUSTOMER, Issuer: "erp",
		CurrencyCode: "EUR", ProductId: "tea", TimeZone: "Europe/Kyiv", RegionCode: "UA", Channel: typepb.Channel_STORE,
		Mapping: &orderv1.Import_Mapping{CustomerId: "customer_id"}, DateOrder: orderv1.Import_DAY_MONTH_YEAR,
		Delimiter: "\t", DecimalComma: new(true), Encoding: "utf-8",
	}
}

// uploaded is an import with content that has not been started.
func (w *fixture) uploaded(content string) string {
	made := ask(w, "order", orderv1.ImportService_CreateImport_FullMethodName, &orderv1.CreateImportRequest{Import: anImport()}, &orderv1.Import{})
	ask(w, "order", orderv1.ImportService_WriteImportContent_FullMethodName,
		&orderv1.WriteImportContentRequest{Name: made.GetName(), Data: []byte(content)}, &orderv1.WriteImportContentResponse{})
	return made.GetName()
}

// standing is an import in a state that others pass through in moments: running, or paused. Nothing moves it on.
func (w *fixture) standing(state orderv1.Import_State) string {
	name := w.uploaded("customer_id\n")
	_, err := w.data.services["order"].Exec(`update import_job set state = ?, started = created where id = ?`,
		int64(state), strings.TrimPrefix(name, "imports/"))
	require.NoError(w.t, err)
	return name
}

// imported is an import that has succeeded, with a fault.
func (w *fixture) imported() string {
	name := w.uploaded("customer_id\nK-" + freshID() + "\nK-1\tK-2\n")
	ask(w, "order", orderv1.ImportService_StartImport_FullMethodName, &orderv1.StartImportRequest{Name: name}, &orderv1.Import{})
	w.settle()
	return name
}
