package adapter

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/http"
	"os"
	"strings"
	"time"
)

// SelfSigned is a certificate that proves nothing, for a caller who does not look at it.
func SelfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "adapter"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, err
}

// account is where a Pod finds what it calls the API server by.
const account = "/var/run/secrets/kubernetes.io/serviceaccount/"

// InCluster sets how a Pod calls its cluster's API server.
func (s *Server) InCluster() error {
	ca, err := os.ReadFile(account + "ca.crt")
	if err != nil {
		return err
	}
	known := x509.NewCertPool()
	known.AppendCertsFromPEM(ca)
	s.Kubernetes = "https://kubernetes.default.svc"
	s.Client = &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: known}}}
	s.Token = func() (string, error) { // it is renewed
		token, err := os.ReadFile(account + "token")
		return strings.TrimSpace(string(token)), err
	}
	return nil
}
