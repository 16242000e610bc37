package template

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/sqldb"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

// version is a template's texts at one time.
type version struct {
	number  int64
	texts   []*notificationv1.Template_Text
	updated *timestamppb.Timestamp // unset for the first
}

func (v version) etag() string { return strconv.FormatInt(v.number, 10) }

// seed is the version in the code.
func (d *definition) seed() version { return version{number: 1, texts: d.texts} }

const (
	selectVersions = `select version, texts, updated from template_version where template = $1`
	selectLatest   = selectVersions + ` order by version desc limit 1`
	selectVersion  = selectVersions + ` and version = $2`
)

// latest is the version that was found, or else the first.
func (d *definition) latest(rows *sqldb.Rows) (version, error) {
	v, err := sqldb.One(rows, scanVersion)
	if errors.Is(err, sqldb.ErrNoRow) {
		return d.seed(), nil
	}
	return v, err
}

func scanVersion(r *sqldb.Rows) (version, error) {
	var v version
	var texts []byte
	var updated int64
	if err := r.Scan(&v.number, &texts, &updated); err != nil {
		return v, err
	}
	return v, v.decode(texts, updated)
}

func (v *version) decode(texts []byte, updated int64) error {
	stored := &notificationv1.Template{}
	if err := proto.Unmarshal(texts, stored); err != nil {
		return fmt.Errorf("read template: %w", err)
	}
	v.texts, v.updated = stored.GetTexts(), timestamppb.New(time.UnixMicro(updated))
	return nil
}

const insertVersion = `
	insert into template_version (template, version, texts, updated) values ($1, $2, $3, $4)`

// insert makes the next version. The key refuses it to the later of two who make the same.
func insert(id string, v version) (*sqldb.Stmt, error) {
	texts, err := proto.Marshal(&notificationv1.Template{Texts: v.texts})
	if err != nil {
		return nil, fmt.Errorf("keep template: %w", err)
	}
	stmt := sqldb.Q(insertVersion, id, v.number, texts, v.updated.AsTime().UnixMicro())
	return stmt.Refuse("template_version_pkey", errChanged(id)), nil
}

// selectAll lists all templates, each with its latest version if it was ever changed. Which there are the code alone knows.
func selectAll(all []*definition) string {
	ids := make([]string, len(all))
	for i, d := range all {
		ids[i] = "select '" + d.id + "' as id"
	}
	return `select id, version, texts, updated from (` + strings.Join(ids, " union all ") + `) as seed
	left join template_version on template = id
		and version = (select max(version) from template_version where template = id)`
}
