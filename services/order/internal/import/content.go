package imports

import (
	"context"

	"kept.dev/kit/errs"
)

const selectContent = `
	select start, data from import_content
	where import_id = $1 and start + size > $2 and start < $3
	order by start`

// content reads so many bytes of the file, from an offset on; fewer at its end.
func (s *Service) content(ctx context.Context, j job, offset, size int64) ([]byte, error) {
	rows, err := s.db.Query(ctx, selectContent, idOf(j.GetName()), offset, offset+size)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, size)
	for rows.Next() {
		var start int64
		var data []byte
		if err := rows.Scan(&start, &data); err != nil {
			return nil, err
		}
		from, to := max(0, offset-start), min(int64(len(data)), offset+size-start)
		if start+from != offset+int64(len(out)) {
			return nil, errs.Internal("the content of %s has a gap", j.GetName())
		}
		out = append(out, data[from:to]...)
	}
	if int64(len(out)) < min(size, j.GetContentSize()-offset) {
		return nil, errs.Internal("the content of %s is not all there", j.GetName())
	}
	return out, nil
}
