package sandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	model   = "bizora-1.0" // the only model there is
	maxBody = 32 << 20     // bytes of a request
)

// What an answer costs in cents (Bizora, 2026-09). What one in mode auto costs is
// not known; here it is the most that it can.
const (
	fastPrice = 24
	webPrice  = 30
	deepPrice = 150
)

var prices = map[string]int64{
	"":                           fastPrice,
	"tax_research_fast_research": fastPrice,
	"tax_research_web_search":    webPrice,
	"tax_research_deep_research": deepPrice,
	"auto":                       deepPrice,
}

// A request is the body of a chat request, as far as the sandbox reads it.
type request struct {
	Model    string `json:"model"`
	Messages []struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	} `json:"messages"`
	Stream        bool   `json:"stream"`
	AskMode       string `json:"askMode"`
	WebSearch     bool   `json:"webSearch"`
	DeepResearch  bool   `json:"deepResearch"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`

	ResponseFormat format `json:"response_format"`

	question string          // the last message's content
	asked    string          // the same, without a schema
	schema   json.RawMessage // that the answer is to fit; nil: none
}

// mode returns the ask mode, also where the older switches say it.
func (r *request) mode() string {
	switch {
	case r.AskMode != "":
		return r.AskMode
	case r.DeepResearch:
		return "tax_research_deep_research"
	case r.WebSearch:
		return "tax_research_web_search"
	}
	return ""
}

// chat handles a chat request from its arrival to its end.
func (s *Server) chat(w http.ResponseWriter, r *http.Request) {
	v := s.account.arrive()
	defer v.leave()
	req, no := s.accept(v, w, r)
	if no != nil {
		v.send(w, no)
		return
	}
	v.ask(req.question, req.AskMode, prices[req.mode()])
	rule := s.script.next(req.asked)
	if rule.charges() {
		if no := v.charge(); no != nil {
			v.send(w, no)
			return
		}
	}
	if rule.replies() {
		s.replyByRule(v, w, r, rule)
		return
	}
	s.answer(v, w, r, req, rule)
}

// accept reads a request, or says why not.
func (s *Server) accept(v *visit, w http.ResponseWriter, r *http.Request) (request, *reply) {
	var req request
	// Read first: the connection notices that a client leaves only after that.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case r.Method != http.MethodPost:
		return req, errorReply(http.StatusMethodNotAllowed, "", "send a POST", nil)
	case !s.authorized(r):
		return req, errorReply(http.StatusUnauthorized, "", "Invalid or missing API key", nil)
	case errors.As(err, &tooLarge):
		return req, errorReply(http.StatusRequestEntityTooLarge, "", err.Error(), nil)
	}
	if no := v.throttle(); no != nil {
		return req, no
	}
	if err == nil {
		err = json.Unmarshal(body, &req)
	}
	if err != nil {
		return req, errorReply(http.StatusBadRequest, "", "cannot read the request: "+err.Error(), nil)
	}
	return req, s.check(&req)
}

func (s *Server) authorized(r *http.Request) bool {
	key := r.Header.Get("X-Api-Key")
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		key = strings.TrimSpace(bearer)
	}
	return key != "" && (s.options.Key == "" || key == s.options.Key)
}

// check refuses what Bizora would refuse, and sets the question.
func (s *Server) check(req *request) *reply {
	roles := []string{"human", "ai"}
	if s.options.OpenAI {
		roles = []string{"user", "assistant", "system", "developer"}
	} else if req.Model != model {
		return errorReply(http.StatusNotFound, "model_not_found",
			fmt.Sprintf("the model %q does not exist; the model must be %s", req.Model, model), nil)
	}
	bad := func(format string, args ...any) *reply {
		return errorReply(http.StatusBadRequest, "", fmt.Sprintf(format, args...), nil)
	}
	if len(req.Messages) == 0 {
		return bad("messages is empty")
	}
	for i, m := range req.Messages {
		if !slices.Contains(roles, m.Role) {
			return bad("messages[%d].role %q must be one of %s", i, m.Role, strings.Join(roles, ", "))
		}
	}
	last := req.Messages[len(req.Messages)-1]
	if last.Role != roles[0] || strings.TrimSpace(last.Content) == "" {
		return bad("the last message must be a %s message that is not empty", roles[0])
	}
	if _, known := prices[req.mode()]; !known {
		return bad("unknown askMode %q", req.AskMode)
	}
	req.question = last.Content
	req.structure()
	return nil
}

// replyByRule sends what the rule has instead of an answer.
func (s *Server) replyByRule(v *visit, w http.ResponseWriter, r *http.Request, rule Rule) {
	if s.hold(r.Context(), time.Duration(rule.Latency)) != nil {
		panic(http.ErrAbortHandler)
	}
	if rule.Reset {
		v.status(0)
		v.leave()
		reset(w)
		return
	}
	v.send(w, rule.reply(v))
}

// reply is a response that is sent as a whole.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// send notes a reply in the ledger and writes it.
func (v *visit) send(w http.ResponseWriter, r *reply) {
	v.status(r.status)
	v.leave()
	r.write(w)
}

func (r *reply) write(w http.ResponseWriter) {
	for name, values := range r.header {
		w.Header()[name] = values
	}
	w.WriteHeader(r.status)
	w.Write(r.body) // a client that has left does not read it
}

func jsonReply(status int, v any) *reply {
	return &reply{status, http.Header{"Content-Type": {"application/json"}}, mustJSON(v)}
}

// An errorObject is the error member of an error body.
type errorObject struct {
	Type    string `json:"type"`
	Message string `json:"message"`
	Details any    `json:"details,omitempty"`
	Status  int    `json:"status,omitempty"`
}

// errorReply returns an error as Bizora words it; an empty kind is the status' own.
func errorReply(status int, kind, message string, details any) *reply {
	return jsonReply(status, map[string]errorObject{
		"error": {Type: cmp.Or(kind, errorType(status)), Message: message, Details: details},
	})
}

func errorType(status int) string {
	switch {
	case status == http.StatusUnauthorized:
		return "authentication_error"
	case status == http.StatusPaymentRequired:
		return "insufficient_balance"
	case status == http.StatusForbidden:
		return "permission_error"
	case status == http.StatusNotFound:
		return "not_found"
	case status == http.StatusTooManyRequests:
		return "rate_limit_exceeded"
	case status >= 500:
		return "server_error"
	}
	return "invalid_request_error"
}
