package template

import (
	"fmt"

	"kept.dev/kit/sqldb"
)

// Versions are the latest versions of templates, as a transaction has read them.
type Versions map[string]version

// SelectLatest is a query for the latest versions of the templates, of which ReadLatest takes the answer.
func SelectLatest(ids ...string) *sqldb.Stmt {
	list, args := sqldb.List(1, ids)
	return sqldb.Q(`select template, version, texts, updated from template_version
		where template in `+list+` and version = (select max(version) from template_version latest
			where latest.template = template_version.template)`, args...)
}

// ReadLatest reads what SelectLatest has found.
func ReadLatest(rows *sqldb.Rows) (Versions, error) {
	found := Versions{}
	for rows.Next() {
		var id string
		var v version
		var texts []byte
		var updated int64
		if err := rows.Scan(&id, &v.number, &texts, &updated); err != nil {
			return nil, err
		}
		if err := v.decode(texts, updated); err != nil {
			return nil, err
		}
		found[id] = v
	}
	return found, nil
}

// Render puts what is told into the words of the template's latest version: one of those that were read, or else the first.
func (s *Service) Render(latest Versions, id string, told Told) (Rendered, error) {
	d, known := s.templates[id]
	if !known {
		return Rendered{}, fmt.Errorf("there is no template %s", id)
	}
	if name := string(told.Fact.ProtoReflect().Descriptor().FullName()); name != d.fact {
		return Rendered{}, fmt.Errorf("the template %s tells %s, not %s", id, d.fact, name)
	}
	v, changed := latest[id]
	if !changed {
		v = d.seed()
	}
	return d.render(v, told), nil
}
