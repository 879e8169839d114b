//go:build unix

package main

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"time"

	"bizbatch/internal/sandbox"
)

// mostSent is how many of the requests' times a service tells.
const mostSent = 10_000

// service is a sandbox until standard input ends: so none outlives its bench.
// It prints its address and, encrypted, the file with its certificate; at the
// end its ledger, without the questions.
func service(args []string) error {
	flags := flag.NewFlagSet("service", flag.ExitOnError)
	var o sandbox.Options
	flags.StringVar((*string)(&o.Shape), "shape", "", "")
	flags.DurationVar(&o.Latency, "latency", 0, "")
	encrypted := flags.Bool("tls", false, "over TLS, with HTTP/2")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if o.Latency > 0 { // the same for every answer
		o.Script.Rules = []sandbox.Rule{{Latency: sandbox.Duration(o.Latency)}}
	}
	s, err := sandbox.New(o)
	if err != nil {
		return err
	}
	server := httptest.NewUnstartedServer(s)
	if *encrypted {
		server.EnableHTTP2 = true
		server.StartTLS()
		cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
		if err := os.WriteFile("cert.pem", cert, 0o600); err != nil {
			return err
		}
		fmt.Println(server.URL, "cert.pem")
	} else {
		server.Start()
		fmt.Println(server.URL)
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	ledger := s.Ledger()
	// Not a million questions: Linux counts the memory of the process that starts
	// another as that one's, too.
	ledger.Questions, ledger.Sent = nil, ledger.Sent[:min(len(ledger.Sent), mostSent)]
	err = errors.Join(err, json.NewEncoder(os.Stdout).Encode(ledger))
	time.AfterFunc(time.Second, func() { os.Exit(0) }) // whoever is still connected
	server.Close()
	return err
}
