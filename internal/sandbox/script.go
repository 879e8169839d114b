package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Script is a list of rules. For each request the first rule that matches
// and has uses left applies; where none does, the question is answered.
// [ParseScript] reads one from JSON, {"rules": [{"match": "VAT", "status": 500}]}.
type Script struct {
	Rules []Rule `json:"rules"`
}

// A Rule says which requests it is for and what happens to them. A rule that
// says only what it is for lets its requests be answered.
//
// Counts of chunks do not include comments or [DONE]; "after 0 chunks" comes
// after the response header. A place behind the last chunk is never reached.
type Rule struct {
	// Match is a regular expression that the question must contain; empty = all.
	Match string `json:"match,omitempty"`
	// After is how many matching requests to leave alone first, those that
	// another rule took included.
	After int `json:"after,omitempty"`
	// Times is how many requests the rule applies to; 0 = all that follow.
	Times int `json:"times,omitempty"`
	// PerQuestion has After and Times count for each question by itself:
	// with Times 1, every question fails once.
	PerQuestion bool `json:"per_question,omitempty"`
	// Charged overrides whether the request is charged. Answers are, whole or
	// not; errors are not.
	Charged *bool `json:"charged,omitempty"`
	// Latency is how long until the reply is sent, or over how long the answer
	// is spread; default Options.Latency for answers, none for other replies.
	Latency Duration `json:"latency,omitzero"`
	// ContentType and Headers replace those of the response.
	ContentType string            `json:"content_type,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"`

	// Any of the following makes it a reply without an answer.

	// Status is the HTTP status; default 200 with a Body, 307 with a Redirect.
	Status int `json:"status,omitempty"`
	// Type, Message and Details are the error's members; the first two have
	// defaults for each status, and a 402 has the true balance and cost.
	Type    string          `json:"type,omitempty"`
	Message string          `json:"message,omitempty"`
	Details json.RawMessage `json:"details,omitempty"`
	// ResetIn sets details.reset_at to so long from now.
	ResetIn Duration `json:"reset_in,omitzero"`
	// RetryAfter is the Retry-After header as it is: seconds or an HTTP date.
	RetryAfter string `json:"retry_after,omitempty"`
	// Body is sent as it is instead of an error object.
	Body string `json:"body,omitempty"`
	// BodyBytes is how long the error's body is made by padding its message.
	BodyBytes int `json:"body_bytes,omitempty"`
	// Redirect is where to send the client.
	Redirect string `json:"redirect,omitempty"`
	// Reset resets the connection before any response.
	Reset bool `json:"reset,omitempty"`

	// The following change what an answer says. They work without stream, too.

	// Text is the text of the answer. In it, [source 1] cites the first of the
	// answer's sources, and so on; it cites nothing by itself.
	Text string `json:"text,omitempty"`
	// Prose answers in prose also where a JSON Schema was sent, which that does not fit.
	Prose bool `json:"prose,omitempty"`
	// FinishReason is that of the last chunk; default stop.
	FinishReason string `json:"finish_reason,omitempty"`
	// Usage has the last chunk carry token counts.
	Usage bool `json:"usage,omitempty"`

	// The following change the form of the stream.

	// CustomDataForm is where custom_data stands: "top" (default), "delta"
	// (inside it), "list" (a list of one object), "string" (JSON in a string).
	CustomDataForm string `json:"custom_data_form,omitempty"`
	// PadLine is how many bytes the line of the ai_metadata chunk has at least.
	PadLine int `json:"pad_line,omitempty"`
	// ChunkBytes writes that many bytes at a time; 1 = byte by byte.
	ChunkBytes int `json:"chunk_bytes,omitempty"`
	// RawChunks are the stream: each is sent as it is and followed by a blank
	// line. No [DONE] follows unless Done is set.
	RawChunks []string `json:"raw_chunks,omitempty"`
	// KeepAlive sends so many comment lines, one every KeepAliveEvery (default
	// at once), after KeepAliveAfterChunks.
	KeepAlive            int      `json:"keep_alive,omitempty"`
	KeepAliveAfterChunks int      `json:"keep_alive_after_chunks,omitempty"`
	KeepAliveEvery       Duration `json:"keep_alive_every,omitzero"`

	// The following keep an answer from arriving whole.

	// SilenceAfterChunks sends nothing more after so many chunks, until the
	// client leaves or for as long as Hold says.
	SilenceAfterChunks *int     `json:"silence_after_chunks,omitempty"`
	Hold               Duration `json:"hold,omitzero"`
	// CutAfterChunks ends the stream after so many chunks: cleanly, or by a
	// reset of the connection (Abort).
	CutAfterChunks *int `json:"cut_after_chunks,omitempty"`
	Abort          bool `json:"abort,omitempty"`
	// StreamError ends the stream with an error.
	StreamError *StreamError `json:"stream_error,omitempty"`
	// Done sends [DONE] after a cut, an error or raw chunks.
	Done bool `json:"done,omitempty"`
}

// A StreamError is an error in a stream that began with 200. The request is
// not charged unless the rule says so.
type StreamError struct {
	// AfterChunks is how many chunks come before it.
	AfterChunks int `json:"after_chunks,omitempty"`
	// Status is a member of the error; 0 = there is none. It also gives Type
	// and Message their defaults, which are those of 500 without it.
	Status  int             `json:"status,omitempty"`
	Type    string          `json:"type,omitempty"`
	Message string          `json:"message,omitempty"`
	Details json.RawMessage `json:"details,omitempty"`
	// MemberFirst says whether error is the chunk's first member; default
	// true. Otherwise it follows the envelope's, where a client that looks
	// only at a line's first bytes overlooks it.
	MemberFirst *bool `json:"member_first,omitempty"`
}

// A Duration is a [time.Duration] that is written like "1.5s" in JSON.
type Duration time.Duration

// MarshalText implements [encoding.TextMarshaler].
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// ParseScript reads a script from JSON. It refuses members that it does not
// know and rules that contradict themselves; the error says at which line and
// column, or in which rule (counted from 1).
func ParseScript(data []byte) (Script, error) {
	var file struct {
		Rules []json.RawMessage `json:"rules"`
	}
	if err := strictly(data, &file); err != nil {
		return Script{}, fmt.Errorf("sandbox script: %w", err)
	}
	var s Script
	for i, raw := range file.Rules {
		var rule Rule
		if err := strictly(raw, &rule); err != nil {
			return Script{}, fmt.Errorf("sandbox script, rule %d: %w", i+1, err)
		}
		s.Rules = append(s.Rules, rule)
	}
	if err := s.validate(); err != nil {
		return Script{}, fmt.Errorf("sandbox script: %w", err)
	}
	return s, nil
}

// strictly decodes JSON without members that v does not have.
func strictly(data []byte, v any) error {
	var whole json.RawMessage // refuses what follows the value, which a Decoder does not
	err := json.Unmarshal(data, &whole)
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.DisallowUnknownFields()
		err = decoder.Decode(v)
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		before := data[:max(0, min(int(syntax.Offset)-1, len(data)))]
		line := bytes.Count(before, []byte("\n")) + 1
		column := len(before) - bytes.LastIndexByte(before, '\n')
		return fmt.Errorf("line %d, column %d: %w", line, column, err)
	}
	if err != nil {
		// The package's prefix says nothing to the script's author.
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}
