package mailer_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit"
	"kept.dev/services/notification/internal/mailer"
	"kept.dev/services/notification/smtptest"
)

type box string

// boxed makes a sender into a folder.
func boxed(t testing.TB) (mailer.Sender, box) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "new", "mailbox")
	sender, err := mailer.New(kit.Mail{Folder: folder, From: shop})
	require.NoError(t, err)
	return sender, box(folder)
}

func (b box) read(t require.TestingT, name string) smtptest.Mail {
	raw, err := os.ReadFile(filepath.Join(string(b), name))
	require.NoError(t, err)
	m, err := smtptest.Parse(raw)
	require.NoError(t, err)
	return m
}

func (b box) files(t testing.TB) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(string(b))
	require.NoError(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestFolder(t *testing.T) {
	sender, folder := boxed(t)
	require.Equal(t, mailer.Outcome{State: mailer.Sent, Answer: "one@shop.example.eml"}, sender.Send(t.Context(), note("one")))
	first := folder.read(t, "one@shop.example.eml")
	require.Equal(t, note("one").Subject, first.Subject)
	require.Equal(t, note("one").Text, first.Text)

	require.Equal(t, mailer.Sent, sender.Send(t.Context(), note("one")).State)
	require.Equal(t, first, folder.read(t, "one@shop.example.eml"), "the same mail is the same, byte for byte")
	require.Equal(t, mailer.Sent, sender.Send(t.Context(), note("two")).State)
	require.Equal(t, []string{"one@shop.example.eml", "two@shop.example.eml"}, folder.files(t))
}

// No Message-ID leads out of the folder, and none takes another's place.
func TestFolderNames(t *testing.T) {
	sender, folder := boxed(t)
	list := []string{
		"../../etc/passwd", "..", "a/b", "a%2Fb", "a%b", ".", ".hidden", "a*b?", strings.Repeat("x", 230), strings.Repeat("x", 231),
		strings.Repeat("/", 100),
	}
	for i, id := range list {
		m := note(id)
		m.Subject = fmt.Sprint(i)
		require.Equal(t, mailer.Sent, sender.Send(t.Context(), m).State, id)
	}
	files := folder.files(t)
	require.Len(t, files, len(list))
	seen := map[string]bool{}
	for _, name := range files {
		seen[folder.read(t, name).Subject] = true
	}
	require.Len(t, seen, len(list))
}

// Whoever reads the folder meanwhile reads whole mails.
func TestFolderManyAtOnce(t *testing.T) {
	sender, folder := boxed(t)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() { sender.Send(t.Context(), note(fmt.Sprint(i%4))) })
	}
	for range 20 {
		for _, name := range folder.files(t) {
			if strings.HasSuffix(name, ".eml") {
				require.Equal(t, note("x").HTML, folder.read(t, name).HTML)
			}
		}
	}
	all.Wait()
	require.Len(t, folder.files(t), 4, "and nothing half is left over")
}

func TestFolderFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := mailer.New(kit.Mail{Folder: file, From: shop})
	require.ErrorContains(t, err, "mail folder")

	sender, folder := boxed(t)
	require.NoError(t, os.RemoveAll(string(folder)))
	require.Equal(t, mailer.Retry, sender.Send(t.Context(), note("one")).State)
	require.NoError(t, os.MkdirAll(string(folder), 0o700))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, mailer.Retry, sender.Send(ctx, note("one")).State)
	bad := note("one")
	bad.To = "nobody"
	require.Equal(t, mailer.Failed, sender.Send(t.Context(), bad).State)
	require.Empty(t, folder.files(t))
}

// What a process that died has left is not a mail and never will be. What another process writes just now is left alone.
func TestLeftoversAreSwept(t *testing.T) {
	_, folder := boxed(t)
	path := func(name string) string { return filepath.Join(string(folder), name) }
	long, now := time.Now().Add(-time.Hour), time.Now()
	for name, at := range map[string]time.Time{".new-1": long, ".try-2": long, ".new-3": now, "one@shop.example.eml": long, ".other": long} {
		require.NoError(t, os.WriteFile(path(name), []byte("half a m"), 0o600))
		require.NoError(t, os.Chtimes(path(name), at, at))
	}
	_, err := mailer.New(kit.Mail{Folder: string(folder), From: shop})
	require.NoError(t, err)
	require.Equal(t, []string{".new-3", ".other", "one@shop.example.eml"}, folder.files(t))
}

func TestAFolderTellsWhatItHasTaken(t *testing.T) {
	sender, folder := boxed(t)
	require.Equal(t, mailer.Retry, mailer.Find(sender, note("one").MessageID).State)
	require.Equal(t, mailer.Sent, sender.Send(t.Context(), note("one")).State)
	require.Equal(t, mailer.Outcome{State: mailer.Sent, Answer: "one@shop.example.eml"}, mailer.Find(sender, note("one").MessageID))
	require.Equal(t, mailer.Failed, mailer.Find(sender, "../../etc").State)
	require.NoError(t, os.RemoveAll(string(folder)))
	require.Equal(t, mailer.Retry, mailer.Find(sender, note("one").MessageID).State)

	server, err := mailer.New(kit.Mail{SMTP: "smtp://127.0.0.1:25", From: shop})
	require.NoError(t, err)
	require.Equal(t, mailer.Unknown, mailer.Find(server, note("one").MessageID).State, "a server can't be asked")
}
