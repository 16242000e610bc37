package kube

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// Secrets is a folder of keys, certificates by one authority of its own, and users that the API server knows by a token. They last for a
// month at most and are thrown away with the cluster.
type Secrets struct {
	Dir string
	ca  *x509.Certificate
	key crypto.Signer
}

// NewSecrets makes the authority (ca.crt) and the key that signs the tokens of accounts (accounts.key).
func NewSecrets(dir string) (*Secrets, error) {
	s := &Secrets{Dir: dir}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	err := s.Certificate("ca", x509.Certificate{
		Subject: pkix.Name{CommonName: "ca"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	if err != nil {
		return nil, err
	}
	accounts, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return s, s.writeKey("accounts", accounts)
}

// File is where one of them is.
func (s *Secrets) File(name string) string { return filepath.Join(s.Dir, name) }

// Certificate makes one (NAME.crt) with its key (NAME.key). The first signs itself and then all others.
func (s *Secrets) Certificate(name string, template x509.Certificate) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().AddDate(0, 1, 0)
	if s.ca == nil {
		s.ca, s.key = &template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, s.ca, key.Public(), s.key)
	if err != nil {
		return err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return errors.Join(s.writeKey(name, key), os.WriteFile(s.File(name+".crt"), text, 0o600))
}

func (s *Secrets) writeKey(name string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return os.WriteFile(s.File(name+".key"), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), 0o600)
}

// User makes one known to the API server that reads tokens.csv, and writes the file that kubectl and others become this user with.
func (s *Secrets) User(file, server, name, group string) error {
	tokens, err := os.OpenFile(s.File("tokens.csv"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	token := rand.Text()
	_, err = fmt.Fprintf(tokens, "%s,%s,%[2]s,%s\n", token, name, group)
	return errors.Join(err, tokens.Close(), os.WriteFile(file, fmt.Appendf(nil, `apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: here, user: me}}]
clusters: [{name: here, cluster: {server: "https://%s", certificate-authority: %q}}]
users: [{name: me, user: {token: %s}}]
`, server, s.File("ca.crt"), token), 0o600))
}
