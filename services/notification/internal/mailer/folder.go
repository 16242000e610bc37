package mailer

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/url"
	"os"
	"path/filepath"
)

// folder is where mails go without a server: one file each, named after the Message-ID.
type folder struct {
	path string
	from *netmail.Address
}

// newFolder makes the folder, and finds out now whether it can be written.
func newFolder(path string, from *netmail.Address) (*folder, error) {
	if path == "" {
		return nil, errors.New("mail: neither a mail server nor a mail folder is set")
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("mail folder: %w", err)
	}
	file, err := os.CreateTemp(path, ".try-*")
	if err != nil {
		return nil, fmt.Errorf("mail folder: %w", err)
	}
	return &folder{path: path, from: from}, errors.Join(file.Close(), os.Remove(file.Name()))
}

// Send writes the mail's file. The same mail again overwrites itself, so any failure may be tried again.
func (f *folder) Send(ctx context.Context, m Mail) Outcome {
	l, err := write(m, f.from)
	if err != nil {
		return Outcome{State: Failed, Answer: answer(err.Error())}
	}
	if err := ctx.Err(); err != nil {
		return Outcome{State: Retry, Answer: answer(err.Error())}
	}
	name := fileName(l.id)
	if err := f.put(name, l.content); err != nil {
		return Outcome{State: Retry, Answer: answer(err.Error())}
	}
	return Outcome{State: Sent, Answer: name}
}

// put writes beside the name and renames, so that nobody ever reads half a mail.
func (f *folder) put(name string, content []byte) (err error) {
	file, err := os.CreateTemp(f.path, ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(file.Name())
		}
	}()
	_, err = file.Write(content)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), filepath.Join(f.path, name))
}

// fileName is made of the Message-ID: different for different ones, and never a path.
func fileName(id string) string {
	name := url.PathEscape(id)
	if len(name) > 200 {
		name = fmt.Sprintf("%x", sha256.Sum256([]byte(id)))
	}
	return name + ".eml"
}
