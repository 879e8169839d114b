package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// A composition is a stream, ready to be sent: its chunks lie end to end.
type composition struct {
	bytes []byte
	ends  []int // where each chunk ends
	// The first chunk of text, the first one after the text, and the one with
	// the finish reason.
	text, tail, finish int

	model, form string
	before      []byte // every chunk up to its content
}

func (c *composition) len() int { return len(c.ends) }

// span returns the bytes of chunks i to j, j excluded.
func (c *composition) span(i, j int) []byte { return c.bytes[c.start(i):c.start(j)] }

func (c *composition) start(i int) int {
	if i == 0 {
		return 0
	}
	return c.ends[i-1]
}

// due says when chunk i is to be sent, as a share of the answer's latency. In
// the recording, four fifths of the time go by before the text.
func (c *composition) due(i int) float64 {
	switch {
	case i >= c.finish:
		return 1
	case i < c.text:
		return 0.8 * float64(i) / float64(c.text)
	case i < c.tail:
		return 0.8 + 0.15*float64(i-c.text)/float64(c.tail-c.text)
	}
	return 0.95
}

// buffers keeps compositions that were sent, for their memory: half a megabyte
// each, which would otherwise be most of the work of a busy server.
var buffers sync.Pool

// compose makes the stream that answers a request under a rule.
func (s *Server) compose(req request, rule Rule) *composition {
	if rule.RawChunks != nil {
		return composeRaw(rule.RawChunks)
	}
	c := &composition{form: rule.CustomDataForm, model: req.Model}
	if used, ok := buffers.Get().(*composition); ok {
		c.bytes, c.ends = used.bytes[:0], used.ends[:0]
	}
	n := s.serial.Add(1)
	c.before = fmt.Appendf(nil, `data: {"id":"chatcmpl-sandbox-%024d","object":"chat.completion.chunk","created":%d,"model":%s,"choices":[{"index":0,"delta":{`,
		n, time.Now().Unix(), quoted(c.model))
	a := s.invent(req, rule)
	if s.options.OpenAI {
		c.openAI(req, rule, s.layout, a)
	} else {
		c.bizora(req, rule, s.layout, a, n)
	}
	return c
}

func composeRaw(chunks []string) *composition {
	c := &composition{text: len(chunks), tail: len(chunks), finish: len(chunks) - 1}
	for _, raw := range chunks {
		c.bytes = append(append(c.bytes, raw...), "\n\n"...)
		c.ends = append(c.ends, len(c.bytes))
	}
	return c
}

// bizora composes a stream with sources, as Bizora sends it.
func (c *composition) bizora(req request, rule Rule, l layout, a answer, serial int64) {
	all := make([]byte, 0, l.sources*(l.sourceBytes+500))
	for _, source := range a.sources {
		all = append(append(all, source.json...), ',')
	}
	all = bytes.TrimSuffix(all, []byte(","))
	requestID := fmt.Sprintf("req-sandbox-%d", serial)

	c.custom(object{"type": "start", "request_id": requestID})
	c.custom(object{"type": "human_message", "role": "human", "content": req.question,
		"thread_id": fmt.Sprintf("thread-sandbox-%d", serial), "request_id": requestID})
	for _, s := range a.steps {
		c.custom(object{"type": "step_message", "title": s.Title, "description": s.Description, "status": s.Status})
	}
	for range l.repeats - 1 {
		c.customJSON([]byte(`{"type":"source_message","content":[`), all, []byte(`]}`))
	}
	for _, source := range a.sources {
		c.customJSON([]byte(`{"type":"source_message","content":[`), source.json, []byte(`]}`))
	}

	const after = 6 // chunks after the text
	c.write(a.text, l.chunks-c.len()-after)

	c.custom(object{"type": "enrichment_started", "askMode": cmp.Or(req.mode(), "tax_research_fast_research")})
	c.custom(object{"type": "suggestions", "suggestions": a.suggestions})
	c.custom(object{"type": "enrichAnswerSources", "enrichAnswerSources": a.summary})
	c.custom(object{"type": "source_titles", "source_titles": titles(a.sources)})
	c.metadata(all, rule.PadLine)
	c.end(rule, req, a.text)
}

// openAI composes a stream of plain text.
func (c *composition) openAI(req request, rule Rule, l layout, a answer) {
	c.chunk(`"role":"assistant","content":""`, "null", "null")
	c.write(a.text, l.chunks-2)
	c.end(rule, req, a.text)
	if req.StreamOptions.IncludeUsage {
		c.bytes = fmt.Appendf(c.bytes, `data: {"id":"chatcmpl-sandbox","object":"chat.completion.chunk","created":%d,"model":%s,"choices":[],"usage":%s}`+"\n\n",
			time.Now().Unix(), quoted(c.model), usageJSON(req, a.text))
		c.ends = append(c.ends, len(c.bytes))
	}
}

// write adds text in n chunks, or fewer where it has fewer characters.
func (c *composition) write(text string, n int) {
	c.text = c.len()
	n = max(1, min(n, utf8.RuneCountInString(text)))
	from := 0
	for i := range n {
		to := len(text) * (i + 1) / n
		for to < len(text) && !utf8.RuneStart(text[to]) {
			to++
		}
		if to > from {
			c.content(text[from:to])
		}
		from = to
	}
	c.tail = c.len()
}

// metadata adds the ai_metadata chunk, its line at least lineBytes long.
func (c *composition) metadata(sources []byte, lineBytes int) {
	add := func(padding string) {
		c.customJSON(fmt.Appendf(nil, `{"type":"ai_metadata","metadata":{"model":%s,"tokens_used":%d,"processing_time_ms":900%s},"sources":[`,
			quoted(c.model), 1200+len(sources)/4, padding), sources, []byte(`]}`))
	}
	add("")
	i := c.len() - 1
	if short := lineBytes - len(bytes.TrimSpace(c.span(i, i+1))); short > 0 {
		c.bytes, c.ends = c.bytes[:c.start(i)], c.ends[:i]
		add(`,"padding":"` + strings.Repeat("x", short) + `"`)
	}
}

// end adds the chunk with the finish reason.
func (c *composition) end(rule Rule, req request, text string) {
	usage := "null"
	if rule.Usage {
		usage = usageJSON(req, text)
	}
	c.finish = c.len()
	c.chunk("", quoted(cmp.Or(rule.FinishReason, "stop")), usage)
}

// content adds a chunk of text.
func (c *composition) content(text string) {
	c.bytes = append(c.bytes, c.before...)
	c.bytes = append(c.bytes, `"content":`...)
	c.bytes = appendQuoted(c.bytes, text)
	c.bytes = append(c.bytes, `},"finish_reason":null}],"usage":null}`+"\n\n"...)
	c.ends = append(c.ends, len(c.bytes))
}

// object is a custom_data object.
type object map[string]any

func (c *composition) custom(data object) { c.customJSON(mustJSON(data)) }

// customJSON adds a chunk with a custom_data object, given as parts of JSON.
func (c *composition) customJSON(parts ...[]byte) {
	switch c.form {
	case "list":
		parts = slices.Concat([][]byte{[]byte("[")}, parts, [][]byte{[]byte("]")})
	case "string":
		parts = [][]byte{[]byte(quoted(string(bytes.Join(parts, nil))))}
	case "delta":
		c.chunk(`"content":"","custom_data":`+string(bytes.Join(parts, nil)), "null", "null")
		return
	}
	c.chunk(`"content":""`, "null", "null", parts...)
}

// chunk adds a chunk; every argument is JSON, the last ones parts of it.
func (c *composition) chunk(delta, finishReason, usage string, custom ...[]byte) {
	c.bytes = append(c.bytes, c.before...)
	c.bytes = append(c.bytes, delta...)
	c.bytes = append(append(c.bytes, `},"finish_reason":`...), finishReason...)
	c.bytes = append(append(c.bytes, `}],"usage":`...), usage...)
	if len(custom) > 0 {
		c.bytes = append(c.bytes, `,"custom_data":`...)
	}
	for _, part := range custom {
		c.bytes = append(c.bytes, part...)
	}
	c.bytes = append(c.bytes, "}\n\n"...)
	c.ends = append(c.ends, len(c.bytes))
}

// titles names the sources, as they arrive after the text.
func titles(sources []source) []object {
	list := []object{}
	for _, s := range sources {
		title := s.Title
		if s.Metadata != nil {
			title = s.Metadata.FileName
		}
		list = append(list, object{"node_id": s.NodeID, "title": title})
	}
	return list
}

// usageJSON returns token counts, at the usual four characters a token.
func usageJSON(req request, text string) string {
	prompt, completion := 1+len(req.question)/4, 1+len(text)/4
	return fmt.Sprintf(`{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}`,
		prompt, completion, prompt+completion)
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // only values that can be encoded are passed
	}
	return b
}

func quoted(s string) string { return string(appendQuoted(nil, s)) }

// appendQuoted appends s as a JSON string. Most chunks are a few plain
// letters, for which json.Marshal would be most of the work.
func appendQuoted(b []byte, s string) []byte {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f || s[i] == '"' || s[i] == '\\' {
			return append(b, mustJSON(s)...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
