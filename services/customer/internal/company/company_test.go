package company

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"kept.dev/kit"
	"kept.dev/kit/access"
	"kept.dev/kit/clock"
	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

func TestMain(m *testing.M) { kittest.Main(m) }

func onBoth(t *testing.T, test func(t *testing.T, ctx context.Context, s *Service)) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		require.NoError(t, db.Migrate(t.Context(), os.DirFS("../../migrations"), "schema_version"))
		ctx := access.With(t.Context(), access.Principal{Role: accessv1.Role_ROLE_MANAGER, Subject: "managers/marta"})
		moved := &clock.Sandbox{}
		test(t, ctx, New(kit.Deps{DB: db, Clock: moved, Outbox: outbox.New("customer", moved)}))
	})
}

func update(ctx context.Context, s *Service, c *customerv1.Company, paths ...string) (*customerv1.Company, error) {
	c.Name = "company"
	return s.UpdateCompany(ctx, &customerv1.UpdateCompanyRequest{Company: c, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
}

func get(t testing.TB, ctx context.Context, s *Service) *customerv1.Company {
	t.Helper()
	c, err := s.GetCompany(ctx, &customerv1.GetCompanyRequest{Name: "company"})
	require.NoError(t, err)
	return c
}

func requireProto(t testing.TB, want, got proto.Message) {
	t.Helper()
	require.True(t, proto.Equal(want, got), "want %s\n got %s", protojson.Format(want), protojson.Format(got))
}

func TestThereIsACompanyFromTheBeginning(t *testing.T) {
	onBoth(t, func(t *testing.T, ctx context.Context, s *Service) {
		c := get(t, ctx, s)
		requireProto(t, &customerv1.Company{
			Name: "company", DisplayName: "The company", TimeZone: "UTC", CurrencyCode: "EUR", LanguageCodes: []string{"en"},
			UpdateTime: c.GetUpdateTime(), Etag: "1",
		}, c)
	})
}

func TestACompanyIsChangedAndSaysSo(t *testing.T) {
	onBoth(t, func(t *testing.T, ctx context.Context, s *Service) {
		got, err := update(ctx, s, &customerv1.Company{
			DisplayName: "Kava", TimeZone: "Europe/Kyiv", CurrencyCode: "UAH", LanguageCodes: []string{"UK", "iw", "en-us"}, RegionCode: "UA",
			SenderEmail: " Service@Kava.example ", ReplyEmail: "noreply@kava.example",
		})
		require.NoError(t, err)
		want := &customerv1.Company{
			Name: "company", DisplayName: "Kava", TimeZone: "Europe/Kyiv", CurrencyCode: "UAH", LanguageCodes: []string{"uk", "he", "en-US"},
			RegionCode: "UA", SenderEmail: "Service@Kava.example", ReplyEmail: "noreply@kava.example",
			UpdateTime: got.GetUpdateTime(), Etag: "2",
		}
		requireProto(t, want, got)
		requireProto(t, want, get(t, ctx, s))
		rows, err := s.db.Query(ctx, `select version, data from outbox where type = 'kept.customer.v1.CompanyChanged'`)
		require.NoError(t, err)
		require.True(t, rows.Next())
		var version int64
		var data []byte
		require.NoError(t, rows.Scan(&version, &data))
		said := &customerv1.CompanyChanged{}
		require.NoError(t, proto.Unmarshal(data, said))
		require.EqualValues(t, 2, version)
		requireProto(t, want, said.GetCompany())

		got, err = update(ctx, s, &customerv1.Company{}, "sender_email", "region_code", "logo_uri")
		require.NoError(t, err, "what need not be there can be cleared")
		require.Equal(t, " noreply@kava.example", got.GetSenderEmail()+" "+got.GetReplyEmail())
		_, err = update(ctx, s, &customerv1.Company{DisplayName: "x", Etag: "2"})
		require.Equal(t, "ETAG_MISMATCH", errs.ReasonOf(err))
	})
}

func TestWhatACompanyCannotBe(t *testing.T) {
	onBoth(t, func(t *testing.T, ctx context.Context, s *Service) {
		before := get(t, ctx, s)
		for field, c := range map[string]*customerv1.Company{
			"time_zone":          {TimeZone: "Local"},
			"time_zone ":         {TimeZone: "Europe/Atlantis"},
			"currency_code":      {CurrencyCode: "BGN"},
			"currency_code ":     {CurrencyCode: "XXX"},
			"language_codes[1]":  {LanguageCodes: []string{"en", "klingonish"}},
			"language_codes[1] ": {LanguageCodes: []string{"en", "EN"}},
			"sender_email":       {SenderEmail: "nobody"},
			"reply_email":        {ReplyEmail: "a@b@c"},
		} {
			_, err := update(ctx, s, c)
			require.ErrorContains(t, err, "company."+trim(field), "%s", field)
		}
		for _, field := range []string{"display_name", "time_zone", "currency_code", "language_codes"} {
			_, err := update(ctx, s, &customerv1.Company{}, field)
			require.ErrorContains(t, err, "company."+field, "what has to be there can't be cleared")
		}
		requireProto(t, before, get(t, ctx, s))
	})
}

func trim(field string) string {
	if field[len(field)-1] == ' ' {
		return field[:len(field)-1]
	}
	return field
}
