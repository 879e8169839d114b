package chat

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/tidwall/gjson"

	"bizbatch/batch"
	"bizbatch/batch/internal/finish"
	"bizbatch/internal/prose"
)

// An answer of tiny parts takes many times the memory that its stream is long.
// A recorded answer has some hundreds of these.
const (
	maxKept    = 20_000  // sources, steps, suggestions and other objects
	maxMembers = 200_000 // members of all sources; and values in Extra, of which no more are kept
)

var errNotChunk = errors.New("not a chunk of an answer")

// A collector puts the chunks of a stream together to an answer. Its zero
// value is ready.
type collector struct {
	secrets   []string          // must not get into the answer, which goes to files
	provided  map[string]Member // what only this service sends
	step      func(string)      // is told what the service is doing; nil: nothing is
	answer    batch.Answer      // without its text
	text      parts
	reasoning parts
	streamed  bool           // a delta has arrived
	more      bool           // text came after the last finish reason
	early     bool           // a finish reason was not the end: it came before the text, or more text came
	refused   bool           // the text, or part of it, came as a refusal
	several   bool           // there is more than one choice, or the request asks for a number of them
	index     int64          // of the choice that the last part of the text came in
	id        string         // the stream's, in OpenAI's envelope
	sources   map[string]int // where in answer.Sources a source is, by its identity
	members   int            // of all sources
	extra     int            // values in answer.Extra
	excess    error          // a tooLong; nil until the answer has too many parts
	notice    string         // what the service said last beside the answer

	lists map[string][]string // of citations and their like, each as JSON

	last    envelope     // of the last chunk, if it only added to the text
	added   int          // what the chunk at hand added to the answer
	content gjson.Result // the string in it that was added to the text
}

// finished reports whether a finish reason has arrived.
func (c *collector) finished() bool { return c.answer.FinishReason != "" }

// whole reports whether the answer is whole if the stream ends with err. The mark of
// the end always says so, and a clean end if no text came after the last finish reason.
// If the stream fails, the finish reason is all there is to go by. Some services send
// "stop" in the first chunk or in every chunk, and theirs then says nothing.
func (c *collector) whole(err error) bool {
	switch {
	case !c.finished():
		return false
	case errors.Is(err, errDone):
		return true
	case errors.Is(err, io.EOF):
		return !c.more
	}
	return !c.early
}

// partial returns the text so far. A character that is not UTF-8 is replaced only
// here, and the key here too: two chunks may hold its halves.
func (c *collector) partial() string { return hideAll(c.secrets, prose.UTF8(c.text.String())) }

// finish returns the answer; requestID is used if the stream named none.
func (c *collector) finish(requestID string) *batch.Answer {
	a := &c.answer
	c.text.end()
	c.reasoning.end()
	a.Text = c.partial()
	a.Reasoning = hideAll(c.secrets, prose.UTF8(c.reasoning.String()))
	c.takeLists()
	if c.refused && finish.Parse(a.FinishReason) == finish.Complete {
		a.FinishReason = "refusal"
	}
	a.RequestID = cmp.Or(a.RequestID, requestID, c.id)
	for _, s := range []*string{&a.RequestID, &a.ThreadID, &a.Model, &a.FinishReason, &a.Summary} {
		*s = hideAll(c.secrets, prose.UTF8(*s))
	}
	return a
}

// hideKey replaces the key in a chunk, unless that alone makes the chunk
// unreadable: a placeholder can be part of a number, and the answer is paid.
func (c *collector) hideKey(line string) string {
	hidden := hideAll(c.secrets, line)
	if hidden != line && valid(line) && !valid(hidden) {
		return line
	}
	return hidden
}

// chunk handles one chunk. The error is a [*batch.Error] if any part of the chunk
// reports one; the finish reason of such a chunk is ignored. After a complete
// answer, an error loses nothing.
func (c *collector) chunk(data []byte) error {
	if text, ok := c.last.text(data); ok {
		c.text.Write(text)
		return nil
	}
	line := c.hideKey(string(data))
	if valid(line) && line[0] == '[' && given(gjson.Get(line, "0.error")) { // Google's list of one
		return reported(gjson.Parse(line))
	}
	if !valid(line) || line[0] != '{' {
		return fmt.Errorf("%w: %.80q", errNotChunk, line)
	}
	c.last, c.added, c.content = envelope{}, 0, gjson.Result{}
	err := c.take(gjson.Parse(line))
	if err == nil && c.added == 1 && c.content.Exists() && c.text.half == "" && !c.finished() {
		c.last = around(line, c.content)
	}
	return err
}

// failed returns the error of an event of type "error", with data of any form.
func (c *collector) failed(data string) error {
	if !valid(data) {
		data = string(gjson.AppendJSONString(nil, prose.UTF8(data)))
	}
	body := gjson.Parse(c.hideKey(data))
	err := reported(body)
	if c.whole(err) {
		c.other(Raw(body))
	}
	return err
}

// take handles the members of a chunk.
func (c *collector) take(root gjson.Result) error {
	var failed error
	reason, text, thought := "", c.text.Len(), c.reasoning.Len()
	root.ForEach(func(name, value gjson.Result) bool {
		switch name.Str {
		case "choices":
			c.several = c.several || value.Get("1").Exists()
			value.ForEach(func(_, choice gjson.Result) bool {
				said, err := c.choice(choice)
				reason = cmp.Or(said, reason)
				if err != nil {
					failed = err
				}
				return true
			})
		case "error":
			if given(value) {
				failed = reported(root)
			}
		case "object":
			if value.Str == "error" { // as older servers report one
				failed = reported(root)
			}
		case "id":
			keep(&c.id, value.Str)
		case "model":
			keep(&c.answer.Model, value.Str)
		case "usage":
			c.used("chunk", value)
		case "created", "obfuscation": // the latter is padding, without meaning
		default:
			if used := value.Get("usage"); name.Str == "x_groq" && used.IsObject() && c.answer.Usage == nil {
				c.answer.Usage = Raw(used) // Groq's, where usage is not asked for
			}
			c.unknown("chunk", name.Str, value)
		}
		return true
	})
	if failed == nil && c.isMessage(root) {
		if said := reported(root); isNotice(root) {
			c.notice = strings.Clone(said.Message)
		} else {
			failed = said
		}
	}
	if c.finished() && !blank(c.text.String()[text:]+c.reasoning.String()[thought:]) {
		c.more, c.early = true, true
	}
	switch {
	case failed != nil && c.whole(failed):
		c.other(Raw(root))
	case failed == nil && c.excess != nil:
		failed = c.excess
	case failed == nil && finish.Parse(reason) == finish.Broken:
		failed = &batch.Error{Message: fmt.Sprintf("the service ended the answer with finish_reason %q", reason), MaybeCharged: true}
	case failed == nil && finish.Parse(reason) != finish.None:
		c.answer.FinishReason, c.more = reason, false
		c.early = c.early || blank(c.text.String())
	}
	return failed
}

// choice handles one choice and returns its finish reason and the error that it
// reports. A server that does not stream sends a message instead of a delta.
//
// Of several choices, the one with the index 0 is the answer. A choice that comes alone
// is the answer whatever its index: some servers count tokens or blocks of text there.
// Such an index never falls while text comes, nor rises after the finish reason. If it
// does, the choices are several, and a part of another one is in the text.
func (c *collector) choice(choice gjson.Result) (finish string, failed error) {
	index, before := choice.Get("index").Int(), c.text.Len()
	if index != 0 && c.several {
		c.unknown("chunk", "choices", choice)
		return "", nil
	}
	streamed := choice.Get("delta").IsObject()
	c.streamed = c.streamed || streamed
	choice.ForEach(func(name, value gjson.Result) bool {
		switch name.Str {
		case "delta":
			c.delta(value)
		case "message": // beside a delta it is all of the text so far
			switch {
			case streamed:
			case c.streamed && c.text.Len() > 0:
				c.again(value)
			default:
				c.delta(value)
			}
		case "finish_reason":
			finish = value.Str
			if value.Type == gjson.Number || value.IsObject() { // not known, as any other word
				finish = value.Raw
			}
		case "error":
			if given(value) {
				failed = reported(choice)
			}
		case "usage": // Moonshot's
			c.used("choice", value)
		case "index":
		default:
			c.unknown("choice", name.Str, value)
		}
		return true
	})
	if c.text.Len() > before {
		if before > 0 && (index < c.index || index > c.index && c.finished()) {
			failed = severalChoices()
		}
		c.index = index
	}
	return finish, failed
}

func severalChoices() error {
	return &batch.Error{
		Status: http.StatusOK, Fatal: true, Message: "the service sends several choices, and their texts cannot be told apart",
		Hint: "with --param n=1, only the first is read",
	}
}

// room reports whether the answer has room for another object.
func (c *collector) room() bool {
	a := &c.answer
	if len(a.Sources)+len(a.Steps)+len(a.Suggestions)+len(a.Other) >= maxKept {
		c.excess = tooLong(fmt.Sprintf("the answer holds more than %d sources, steps and other objects", maxKept))
	}
	return c.excess == nil
}

// blank reports whether a text is white space alone. Some services send a line feed
// after the finish reason.
func blank(s string) bool { return strings.TrimSpace(s) == "" }

// keep notes a string that stands in a line, and lets the line go.
func keep(noted *string, s string) {
	if *noted != s {
		*noted = strings.Clone(s)
	}
}

// given reports whether a member exists and has a value.
func given(v gjson.Result) bool {
	return v.Exists() && v.Type != gjson.Null && v.Type != gjson.False && v.Raw != `""` && v.Raw != "{}" && v.Raw != "[]"
}
