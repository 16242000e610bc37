package imports

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/clock"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

func idOf(name string) string { return strings.TrimPrefix(name, collection) }

const insertJob = `insert into import_job (id, spec, state, created) values ($1, $2, 1, $3)`

func insert(tx *sqldb.Tx, i *orderv1.Import) error {
	spec, err := proto.MarshalOptions{Deterministic: true}.Marshal(specOf(i))
	if err != nil {
		return err
	}
	tx.Exec(insertJob, idOf(i.GetName()), spec, i.GetCreateTime().AsTime().UnixMicro())
	return nil
}

// specOf is what the caller has said of an import, and nothing else.
func specOf(i *orderv1.Import) *orderv1.Import {
	return &orderv1.Import{
		DisplayName: i.GetDisplayName(), Format: i.GetFormat(), RowType: i.GetRowType(), Issuer: i.GetIssuer(),
		CurrencyCode: i.GetCurrencyCode(), ProductId: i.GetProductId(), TimeZone: i.GetTimeZone(), RegionCode: i.GetRegionCode(),
		Channel: i.GetChannel(), Mapping: proto.CloneOf(i.GetMapping()), DateOrder: i.GetDateOrder(), Delimiter: i.GetDelimiter(),
		DecimalComma: i.DecimalComma, Encoding: i.GetEncoding(), Preset: i.GetPreset(), ValidateOnly: i.GetValidateOnly(),
	}
}

const columns = `id, spec, state, content, handled, lines, row_count, customers, orders, unchanged, faults, created, started, ended,
	changed, removed, found, summary`

const selectJobs = `select ` + columns + ` from import_job`

// job is an import as its row has it.
type job struct {
	*orderv1.Import
	lines int64 // how many lines of the file have been handled
	found found
}

func scan(r *sqldb.Rows) (job, error) {
	var id string
	var spec []byte
	var state int64
	var created, started, ended *int64
	var foundOut, summary []byte
	var changed, removed int64
	j := job{Import: &orderv1.Import{}}
	var size, handled, rows, customers, orders, unchanged, faults int64
	err := r.Scan(&id, &spec, &state, &size, &handled, &j.lines, &rows, &customers, &orders, &unchanged, &faults,
		&created, &started, &ended, &changed, &removed, &foundOut, &summary)
	if err != nil {
		return j, err
	}
	if err = proto.Unmarshal(spec, j.Import); err == nil && foundOut != nil {
		err = json.Unmarshal(foundOut, &j.found)
	}
	if err == nil && summary != nil {
		j.Summary = &orderv1.Import_Summary{}
		err = proto.Unmarshal(summary, j.Summary)
	}
	j.ChangedCount, j.RemovedCount = changed, removed
	j.show()
	j.Name, j.State = collection+id, orderv1.Import_State(state)
	j.ContentSize, j.ProcessedSize, j.RowCount = size, handled, rows
	j.CustomerCount, j.OrderCount, j.UnchangedCount, j.FaultCount = customers, orders, unchanged, faults
	j.CreateTime, j.StartTime, j.EndTime = clock.Stamp(created), clock.Stamp(started), clock.Stamp(ended)
	return j, err
}

// show tells the caller what was found out about the file.
func (j *job) show() {
	j.Encoding, j.Delimiter = cmp.Or(j.GetEncoding(), j.found.Encoding), cmp.Or(j.GetDelimiter(), j.found.Delimiter)
	if j.DecimalComma == nil {
		j.DecimalComma = j.found.Comma
	}
}

// find reads an import.
//
// Errors: NOT_FOUND.
func (s *Service) find(ctx context.Context, name string) (job, error) {
	rows, err := s.db.Query(ctx, selectJobs+` where id = $1`, idOf(name))
	if err != nil {
		return job{}, err
	}
	return one(rows, name)
}

// one is the one import in the rows.
func one(rows *sqldb.Rows, name string) (job, error) {
	j, err := sqldb.One(rows, scan)
	if errors.Is(err, sqldb.ErrNoRow) {
		return job{}, errs.NotFound(name)
	}
	return j, err
}

// move changes an import's state by an update that returns its columns, and gives a state that the named CHECK
// import_job_state_known refuses where the import is not in the right one; refused is what the caller then hears.
func move(tx *sqldb.Tx, name string, refused error, update string, args ...any) (*orderv1.Import, error) {
	rows, err := tx.Batch(sqldb.Q(update+` where id = $1 returning `+columns, append([]any{idOf(name)}, args...)...).
		Refuse("import_job_state_known", refused).
		Refuse("import_job_started_with_content", errs.Refused("IMPORT_EMPTY", "%s has no content yet; write it first", name)))
	if err != nil {
		return nil, err
	}
	j, err := one(rows[0], name)
	return j.Import, err
}

// stamp is a time as rows have it.
func stamp(t *timestamppb.Timestamp) int64 { return t.AsTime().UnixMicro() }
