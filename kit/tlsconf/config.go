package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
)

// protocols are offered and accepted: gRPC insists on h2.
func protocols() []string { return []string{"h2", "http/1.1"} }

// Server demands a certificate of the CA from whoever connects. Sessions are not resumed: one would outlive the CA
// that vouched for it.
func (s *Source) Server() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		NextProtos: protocols(),
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			now := s.get()
			return &tls.Config{
				MinVersion:             tls.VersionTLS13,
				NextProtos:             protocols(),
				Certificates:           []tls.Certificate{*now.cert},
				ClientAuth:             tls.RequireAndVerifyClientCert,
				ClientCAs:              now.cas,
				SessionTicketsDisabled: true,
			}, nil
		},
	}
}

// Client shows its certificate, and believes a server whose certificate the CA made out for serverName; when that
// is empty, for the host name that was dialled. A server that is dialled by its IP address needs a serverName.
func (s *Source) Client(serverName string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		NextProtos: protocols(),
		ServerName: serverName,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return s.get().cert, nil
		},
		// RootCAs would be those of the start for ever. VerifyConnection does the same check with those of now.
		InsecureSkipVerify: true, //nolint:gosec // see VerifyConnection
		VerifyConnection: func(state tls.ConnectionState) error {
			if serverName != "" {
				return s.verifyServer(state, serverName)
			}
			return s.verifyServer(state, state.ServerName)
		},
	}
}

func (s *Source) verifyServer(state tls.ConnectionState, name string) error {
	if name == "" {
		return errors.New("tls: the server was dialled by address; say by which name to check its certificate")
	}
	between := x509.NewCertPool()
	for _, cert := range state.PeerCertificates[1:] {
		between.AddCert(cert)
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{
		Roots: s.get().cas, DNSName: name, Intermediates: between,
	})
	return err
}
