// Package sandbox is a server that speaks Bizora's streaming chat API without
// costing anything: it makes up answers with sources, charges a play balance,
// throttles, and fails on a script.
//
// The normal case is
//
//	server, err := sandbox.Start("", sandbox.Options{Balance: new(5.00)})
//	defer server.Close()
//	... ask questions at server.URL ...
//	server.Ledger() // what was asked, answered and charged
//
// The same question always gets the same answer. A request is charged when its
// stream begins, as by the real service, so an answer that is cut short or
// that nobody waited for is charged too; an error is not.
package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// Options say how a [Server] behaves. The zero value answers everything at
// once and charges an unlimited balance.
type Options struct {
	// Balance is the account's balance in dollars, rounded to the cent;
	// nil = unlimited. A request that it does not cover is refused with 402.
	Balance *float64
	// RPM is how many requests a minute are allowed; 0 = no limit. Beyond it
	// requests are refused with 429 and a Retry-After in whole seconds.
	RPM int
	// Rate is the same limit in requests a second; set one of the two.
	Rate float64
	// Burst is how many requests the limit allows at the same moment;
	// default 1.
	Burst int
	// MonthlyLimit is how many answers the account has left this month; after
	// them requests are refused with 429; 0 = no limit.
	MonthlyLimit int
	// MonthEnds is when the monthly limit clears (details.reset_at); default
	// the first of the next month, UTC. Nothing clears by itself.
	MonthEnds time.Time
	// Latency is how long an answer takes: this long give or take half, fixed
	// for each question, spread over the stream as in a recorded answer (four
	// fifths before the text). 0 = everything is sent at once.
	Latency time.Duration
	// Permits, if not nil, holds back what comes of each question until a permit
	// is received; the header of a streamed answer is sent before.
	Permits <-chan struct{}
	// Key is the only API key accepted; empty = any key, but there must be one.
	Key string
	// Shape is how large answers are; default [Normal].
	Shape Shape
	// OpenAI makes this a plain OpenAI-compatible server: any model, the roles
	// system, developer, user and assistant, and no custom_data.
	OpenAI bool
	// Script says which requests are answered in another way; see [Rule].
	Script Script
	// Law has what questions are answered on Date; default: it says nothing. The
	// default of Date is the day of the question.
	Law  Law
	Date time.Time
}

func (o Options) validate() error {
	switch {
	case o.Balance != nil && !(math.Abs(*o.Balance) <= 1e12):
		return fmt.Errorf("balance %v is not an amount", *o.Balance)
	case o.RPM < 0 || o.Rate < 0 || o.Burst < 0 || o.MonthlyLimit < 0 || o.Latency < 0:
		return errors.New("a limit or the latency is negative")
	case o.RPM > 0 && o.Rate > 0:
		return errors.New("both RPM and Rate are set")
	case layouts[o.Shape].chunks == 0:
		return fmt.Errorf("unknown shape %q", o.Shape)
	}
	return nil
}

// A Server answers chat requests at any path that ends in /chat/completions.
// Beside them it serves
//
//	GET  /sandbox/ledger   the [Ledger] as JSON
//	POST /sandbox/credits  {"dollars": 5} adds to the balance
//	POST /sandbox/date     {"date": "2026-01-31"} is the day on which the law is read
//	GET  /sandbox/healthz  200 as soon as it serves
//
// It is an [http.Handler], safe for concurrent use.
type Server struct {
	// URL is the base URL of a server made by [Start], without a slash at the
	// end; empty for one made by [New].
	URL string

	options Options
	layout  layout
	sources []source // that answers can have
	account *account
	script  *director
	mux     *http.ServeMux
	serial  atomic.Int64 // numbers the answers
	date    atomic.Pointer[time.Time]

	server *http.Server       // nil unless started
	cancel context.CancelFunc // ends what is waited for
}

// New makes a server that listens nowhere yet: a handler. It fails on options
// or a script that make no sense.
func New(o Options) (*Server, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("sandbox options: %w", err)
	}
	script, err := newDirector(o.Script)
	if err != nil {
		return nil, fmt.Errorf("sandbox script: %w", err)
	}
	s := &Server{options: o, layout: layouts[o.Shape], account: newAccount(o), script: script, mux: http.NewServeMux()}
	if o.OpenAI {
		s.layout.sources = 0
	}
	s.date.Store(&o.Date)
	s.sources = catalogue(s.layout)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		errorReply(http.StatusNotFound, "", "no such path; ask at /chat/completions", nil).write(w)
	})
	s.mux.HandleFunc("GET /sandbox/ledger", s.serveLedger)
	s.mux.HandleFunc("POST /sandbox/credits", s.serveCredits)
	s.mux.HandleFunc("POST /sandbox/date", s.serveDate)
	s.mux.HandleFunc("GET /sandbox/healthz", func(http.ResponseWriter, *http.Request) {})
	return s, nil
}

// Start makes a server and has it listen on addr; empty = a free port of the
// loopback interface.
func Start(addr string, o Options) (*Server, error) {
	s, err := New(o)
	if err != nil {
		return nil, err
	}
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("start the sandbox: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.URL = "http://" + listener.Addr().String()
	s.cancel = cancel
	s.server = &http.Server{Handler: s, BaseContext: func(net.Listener) context.Context { return ctx }}
	go s.server.Serve(listener) // ends with Close
	return s, nil
}

// Close stops a server made by [Start]. Answers under way are cut off.
func (s *Server) Close() error {
	if s.server == nil {
		return nil
	}
	s.cancel()
	// A connection that never sent a request would hold Shutdown up for seconds.
	ctx, stop := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer stop()
	if s.server.Shutdown(ctx) == nil {
		return nil
	}
	if err := s.server.Close(); err != nil {
		return fmt.Errorf("stop the sandbox: %w", err)
	}
	return nil
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/chat/completions") {
		s.chat(w, r) // the mux would redirect a path with a double slash
		return
	}
	s.mux.ServeHTTP(w, r)
}

// Ledger returns what the server has seen so far.
func (s *Server) Ledger() Ledger { return s.account.snapshot() }

// AddCredits adds dollars to the balance and returns the new balance in cents.
// It fails where the balance is unlimited.
func (s *Server) AddCredits(dollars float64) (cents int64, err error) {
	return s.account.add(toCents(dollars))
}

// Chunks returns how many chunks an unscripted answer to question has, the one with
// the finish reason included and [DONE] not.
func (s *Server) Chunks(question string) int {
	req := request{question: question, Model: model, Stream: true}
	return s.compose(req, Rule{}).len()
}

func (s *Server) serveLedger(w http.ResponseWriter, _ *http.Request) {
	jsonReply(http.StatusOK, s.Ledger()).write(w)
}

func (s *Server) serveCredits(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Dollars float64 `json:"dollars"`
	}
	if !readBody(w, r, &body, `{"dollars": 5}`) {
		return
	}
	cents, err := s.AddCredits(body.Dollars)
	if err != nil {
		errorReply(http.StatusConflict, "", err.Error(), nil).write(w)
		return
	}
	jsonReply(http.StatusOK, map[string]int64{"balance_cents": cents}).write(w)
}

// serveDate changes the day on which the law is read.
func (s *Server) serveDate(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Date Day `json:"date"`
	}
	if !readBody(w, r, &body, `{"date": "2026-01-31"}`) {
		return
	}
	s.date.Store((*time.Time)(&body.Date))
	jsonReply(http.StatusOK, body).write(w)
}

// readBody reads a small body, and reports whether it could: else it answers that it
// should be as the example.
func readBody(w http.ResponseWriter, r *http.Request, body any, example string) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(body)
	if err != nil {
		errorReply(http.StatusBadRequest, "", "send "+example+": "+err.Error(), nil).write(w)
	}
	return err == nil
}
