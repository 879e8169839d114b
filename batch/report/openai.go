package report

import (
	"bufio"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"bizbatch/batch"
)

// An openAIWriter writes what OpenAI's Batch API calls its output file (and,
// for questions without an answer, its error file), so that programs for that
// format work unchanged.
type openAIWriter struct{ out *bufio.Writer }

func newOpenAIWriter(b *bufio.Writer, _ string, _ batch.Input, _ Options) (writer, error) {
	return openAIWriter{b}, nil
}

type (
	openAILine struct {
		ID       string          `json:"id"`
		CustomID string          `json:"custom_id"`
		Response *openAIResponse `json:"response"`
		Error    *openAIError    `json:"error"`
	}
	openAIError struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	openAIResponse struct {
		StatusCode int        `json:"status_code"`
		RequestID  string     `json:"request_id"`
		Body       openAIBody `json:"body"`
	}
	openAIBody struct {
		ID      string          `json:"id"`
		Object  string          `json:"object"`
		Created int64           `json:"created"` // seconds since 1970
		Model   string          `json:"model"`
		Choices []openAIChoice  `json:"choices"`
		Usage   json.RawMessage `json:"usage"` // null where the service told none
	}
	openAIChoice struct {
		Index        int           `json:"index"`
		Message      openAIMessage `json:"message"`
		Logprobs     any           `json:"logprobs"`
		FinishReason string        `json:"finish_reason"`
	}
	openAIMessage struct {
		Role        string             `json:"role"`
		Content     string             `json:"content"`
		Refusal     *string            `json:"refusal"`
		Annotations []openAIAnnotation `json:"annotations"`
	}
	openAIAnnotation struct {
		Type        string            `json:"type"` // url_citation
		URLCitation openAIURLCitation `json:"url_citation"`
	}
	openAIURLCitation struct {
		Start int    `json:"start_index"` // in characters of the content
		End   int    `json:"end_index"`
		URL   string `json:"url"`
		Title string `json:"title"`
	}
)

func (openAIWriter) end() error   { return nil }
func (openAIWriter) close() error { return nil }

func (w openAIWriter) write(rec batch.Record) error {
	line := openAILine{ID: "batch_req_" + strconv.Itoa(rec.Line), CustomID: rec.ID}
	if rec.Answer == nil {
		line.Error = &openAIError{Code: string(rec.Status), Message: rec.Error}
	} else {
		line.Response = openAIResponseOf(rec)
	}
	enc := json.NewEncoder(w.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(line)
}

func openAIResponseOf(rec batch.Record) *openAIResponse {
	a := rec.Answer
	text, cited, marks := a.Numbered()
	cited, _ = listed(a, cited)
	finish := a.FinishReason
	switch a.Status() {
	case batch.Truncated:
		finish = "length"
	case batch.Refused:
		finish = "content_filter"
	case batch.Answered, batch.Empty:
		finish = openAIFinish(finish)
	}
	return &openAIResponse{StatusCode: 200, RequestID: a.RequestID, Body: openAIBody{
		ID: "chatcmpl-" + a.RequestID, Object: "chat.completion", Created: max(0, rec.Finished.Unix()), Model: a.Model, Usage: a.Usage,
		Choices: []openAIChoice{{FinishReason: finish, Message: openAIMessage{
			Role: "assistant", Content: text, Annotations: annotations(text, cited, marks),
		}}},
	}}
}

// openAIFinish returns OpenAI's word for a finish reason of an answer that is
// complete.
func openAIFinish(reason string) string {
	switch reason {
	case "tool_calls", "function_call":
		return reason
	}
	return "stop"
}

// annotations returns the citations of a text, each where it stands.
func annotations(text string, cited []batch.Source, marks []batch.Mark) []openAIAnnotation {
	list := []openAIAnnotation{} // never null
	done, chars := 0, 0          // bytes that are counted, and how many characters they are
	for _, m := range marks {
		if m.Number > len(cited) { // they were not kept
			continue
		}
		chars += utf8.RuneCountInString(text[done:m.Begin])
		done = m.Begin
		s := cited[m.Number-1]
		list = append(list, openAIAnnotation{"url_citation", openAIURLCitation{chars, chars + m.End - m.Begin, s.URL(), s.Title()}})
	}
	return list
}
