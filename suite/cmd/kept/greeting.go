package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"kept.dev/kit/access"
	"kept.dev/kit/token"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	"kept.dev/suite/embedded"
)

// ownerTTL is how long the owner's token is good for.
const ownerTTL = 365 * 24 * time.Hour

// greet says where everything is. Of the owner's token it names the file only: what is printed ends up in logs.
func (c *ServeCmd) greet(out io.Writer, issuer *token.Issuer) error {
	file, err := ownerToken(c.Data, issuer)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, `Kept is running, on the %s data in %s

  REST  http://%s
  docs  http://%s/docs
  gRPC  %s
  admin token in the file %s
`, embedded.Kind(c.Sandbox), c.Data, c.Listen, c.Listen, c.GRPCListen, file)
	return err
}

// ownerToken is the file with the owner's token, which nobody else on the machine may read. It is made at the first start.
func ownerToken(data string, issuer *token.Issuer) (string, error) {
	file := filepath.Join(data, "admin-token")
	err := os.Chmod(file, 0o600)
	if !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	raw, err := issuer.Issue(access.Principal{Role: accessv1.Role_ROLE_ADMIN, Subject: "admins/owner"}, ownerTTL)
	if err != nil {
		return "", err
	}
	return file, os.WriteFile(file, []byte(raw), 0o600)
}
