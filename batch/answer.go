package batch

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"bizbatch/batch/internal/finish"
)

// An Answer is everything that a service sent for one request.
type Answer struct {
	// Text is the answer as it was sent. It cites a source as its node ID in square
	// brackets. [Answer.Numbered] returns the text for readers.
	Text string `json:"text"`
	// Sources contains each source once, in order of first arrival, unless Kept says
	// otherwise.
	Sources []Source `json:"sources,omitempty"`
	// Kept says which sources were kept: the Options.Sources of the run that saved
	// the answer. Empty means all.
	Kept SourceMode `json:"sources_kept,omitempty"`
	// Suggestions are follow-up questions.
	Suggestions []string `json:"suggestions,omitempty"`
	// Summary is a summary of the answer (enrichAnswerSources).
	Summary string `json:"summary,omitempty"`
	// Steps are the progress reports of the service, as it sent them.
	Steps []json.RawMessage `json:"steps,omitempty"`
	// Usage contains the token counts, as the service sent them.
	Usage json.RawMessage `json:"usage,omitempty"`
	// Metadata is the ai_metadata object as it was sent, without its sources.
	Metadata json.RawMessage `json:"metadata,omitempty"`
	// Other contains the custom_data objects of unknown kinds.
	Other []json.RawMessage `json:"other,omitempty"`
	// Extra contains the unknown members of chunks, choices and deltas, by place and
	// name, such as "choice.logprobs". Equal consecutive values are kept once.
	Extra map[string][]json.RawMessage `json:"extra,omitempty"`
	// Reasoning is the model's reasoning before the answer.
	Reasoning string `json:"reasoning,omitempty"`
	// Model is the model that answered, according to the service.
	Model string `json:"model,omitempty"`
	// FinishReason is the reason that the service gave: "stop" for a complete
	// answer, "length" or "content_filter" for one that ended early, or another
	// service's word for one of these. [Answer.Status] interprets it.
	FinishReason string `json:"finish_reason"`
	RequestID    string `json:"request_id,omitempty"`
	ThreadID     string `json:"thread_id,omitempty"`
}

// Status returns Answered, Truncated, Refused, EndedUnclear or Empty, according to
// the finish reason and the text.
func (a *Answer) Status() Status {
	switch finish.Parse(a.FinishReason) {
	case finish.CutShort:
		return Truncated
	case finish.Withheld:
		return Refused
	case finish.Unclear:
		return EndedUnclear
	}
	if strings.TrimSpace(a.Text) == "" {
		return Empty
	}
	return Answered
}

// A Source is a document that an answer rests on, with every field that
// arrived for it. The same source can arrive several times; its node id is its
// identity.
type Source map[string]json.RawMessage

// NodeID returns the source's ID, a UUID. Citations in the text refer to it.
func (s Source) NodeID() string { return s.text("node_id") }

// Title returns the source's title, or else its short name (such as IRC § 1(h)(11)),
// or else its file name.
func (s Source) Title() string { return s.first("title", "citation_label", "file_name") }

// Names returns the names of the source: its title, its short name and the name of
// its file, if it has them.
func (s Source) Names() (names []string) {
	for _, field := range []string{"title", "citation_label", "file_name"} {
		if name := s.first(field); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// URL returns the address at which the source can be read: the authority's own, if
// it is known. What is no web address (Bizora's metadata.file_path is a place in
// an index as a rule) is given only where there is none, and file_path never.
func (s Source) URL() string {
	names := []string{"sourceOrigin", "url", "s3_file_path"}
	for _, name := range append(names, "file_path") {
		if at := s.first(name); strings.HasPrefix(at, "https://") || strings.HasPrefix(at, "http://") {
			return at
		}
	}
	return s.first(names...)
}

// Page returns the page label within the source.
func (s Source) Page() string { return s.first("page_label", "page") }

// Tool returns the name of the tool that found the source, such as
// taxes_federal_bills.
func (s Source) Tool() string { return s.first("tool") }

// Excerpt returns the text of the source that the answer relies on.
func (s Source) Excerpt() string { return s.first("text") }

// first returns the first of the named fields that has a value, of the source
// or of the metadata object in which some environments put them.
func (s Source) first(names ...string) string {
	for _, name := range names {
		if v := s.text(name); v != "" {
			return v
		}
	}
	var meta Source
	if s["metadata"] == nil || json.Unmarshal(s["metadata"], &meta) != nil {
		return ""
	}
	return meta.first(names...)
}

// text returns a field as a string; numbers are returned as they are written.
func (s Source) text(name string) string {
	switch v := gjson.ParseBytes(s[name]); v.Type { // in a third of the time of encoding/json
	case gjson.String:
		return v.Str
	case gjson.Number:
		return strconv.FormatFloat(v.Num, 'f', -1, 64)
	}
	return ""
}
