// Command kept-mailsink takes all mails by SMTP and delivers none: for trying things out where no mail may leave the machine.
// GET /mails lists the last thousand, GET /mails?to=ADDRESS those for one address.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"kept.dev/kit/process"
	"kept.dev/services/notification/smtptest"
)

// remembered is how many mails are kept, so that memory has a bound.
const remembered = 1000

func main() {
	mail := flag.String("smtp-listen", "127.0.0.1:2525", "address to take mails on")
	web := flag.String("http-listen", "127.0.0.1:8025", "address to show them on")
	flag.Parse()
	if err := run(*mail, *web); err != nil {
		fmt.Fprintln(os.Stderr, "kept-mailsink:", err)
		os.Exit(1)
	}
}

func run(mail, web string) error {
	ctx, stop := process.Signals(context.Background())
	defer stop()
	server, err := smtptest.Start(smtptest.Options{Address: mail, UTF8: true, Keep: remembered})
	if err != nil {
		return err
	}
	defer server.Stop()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /mails", func(w http.ResponseWriter, r *http.Request) { show(w, r, server) })
	return process.Run(ctx, slog.Default(), 5*time.Second, process.HTTP("mails", web, 64, mux))
}

// Mail is a mail as it is shown.
type Mail struct {
	ID      string   `json:"id"`
	To      []string `json:"to"`
	Subject string   `json:"subject"`
	Text    string   `json:"text"`
}

func show(w http.ResponseWriter, r *http.Request, server *smtptest.Server) {
	mails := server.Mails()
	if to := r.URL.Query().Get("to"); to != "" {
		mails = server.MailsTo(to)
	}
	out := make([]Mail, len(mails))
	for i, m := range mails {
		out[i] = Mail{ID: m.MessageID, To: m.To, Subject: m.Subject, Text: m.Text}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out) // a caller that has gone away is no fault
}
