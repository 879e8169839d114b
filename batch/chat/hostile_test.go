package chat

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// endless sends a part again and again, until the client leaves.
func endless(w io.Writer, part string) {
	part = strings.Repeat(part, max(1, (64<<10)/len(part)))
	for {
		if _, err := io.WriteString(w, part); err != nil {
			return
		}
	}
}

// hijack has a handler write to the connection as it likes, once it has read
// the request.
func hijack(write func(w io.Writer)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		write(conn)
	}
}

// endlessBody is a response with this header and a body without end.
func endlessBody(status int, contentType, head, part string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		io.WriteString(w, head)
		endless(w, part)
	}
}

// A server that sends without end, or what is no answer, costs its question:
// that is an error after as many bytes as an answer may have, the request was
// sent once, and the next question is answered. (What a byte costs in memory,
// TestAnswerCostsFewTimesItsLength says.)
func TestOneBadAnswerCostsOneQuestion(t *testing.T) {
	const most = 2 << 20 // of an answer
	const sse = "text/event-stream"
	tests := []struct {
		name    string
		handler http.HandlerFunc
		want    string // in the error; none: an answer
	}{
		{"headers without end", hijack(func(w io.Writer) {
			io.WriteString(w, "HTTP/1.1 200 OK\r\n")
			endless(w, "X-More: and more\r\n")
		}), "the connection broke before an answer began: "},
		{"one header without end", hijack(func(w io.Writer) {
			io.WriteString(w, "HTTP/1.1 200 OK\r\nX-More: ")
			endless(w, "more ")
		}), "the connection broke before an answer began: "},
		{"interim responses without end", hijack(func(w io.Writer) { endless(w, "HTTP/1.1 103 Early Hints\r\n\r\n") }),
			"the connection broke before an answer began: "},
		{"what is not HTTP", hijack(func(w io.Writer) { endless(w, "\x00\x1b[2J") }), "the connection broke before an answer began: "},
		{"chunks without a finish reason", endlessBody(200, sse, "", text("word ")), "the answer's stream is longer than 2097152 bytes"},
		{"comments without end", endlessBody(200, sse, text("half"), ": keep-alive\n\n"), "the answer's stream is longer than 2097152 bytes"},
		{"objects without end", endlessBody(200, sse, "", custom(`{"type":"chart"}`)), "the answer holds more than 20000 sources"},
		{"a line without end", endlessBody(200, sse, text("half")+"data: ", "x"), "the answer's stream is longer than 2097152 bytes"},
		{"a JSON object without end", endlessBody(200, "application/json", `{"choices":[`, `{},`), "the answer's stream is longer than 2097152 bytes"},
		{"bytes without end", endlessBody(200, "application/octet-stream", "", "\xff\xfe\x00\x01"), "the answer's stream is longer than 2097152 bytes"},
		{"a page without end", endlessBody(200, "text/html", "<title>Log in</title>", "<p>"), "an HTML page: Log in"},
		{"an error without end", endlessBody(500, "application/json", `{"error":{"message":"`, "oops "), `{"error":{"message":"oops oops`},
		{"a redirect without end", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "https://elsewhere.example/login")
			endlessBody(302, "text/html", "", "<p>")(w, r)
		}, "the service redirects to elsewhere.example"},
		{"a small stream that unpacks without end", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", sse)
			w.Header().Set("Content-Encoding", "gzip")
			endless(gzip.NewWriter(w), ": keep-alive\n")
		}, "the answer's stream is longer than 2097152 bytes"},
		{"what is not gzip", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			sending(stop+done)(w, r)
		}, "the stream ended before its finish_reason: gzip: invalid header"},
		{"more after the end of the answer, without end", endlessBody(200, sse, text("whole")+stop+done, "more "), ""},
		{"more between its finish reason and its end", endlessBody(200, sse, text("whole")+stop, ": keep-alive\n\n"), ""},
		{"less than was promised", hijack(func(w io.Writer) {
			fmt.Fprintf(w, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: 5000\r\n\r\n%s", sse, text("half"))
		}), "the stream ended before its finish_reason: unexpected EOF"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			asked := 0
			client := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if asked++; asked == 1 {
					test.handler(w, r)
					return
				}
				sending(text("the next")+stop+done)(w, r)
			}, func(cfg *Config) { cfg.MaxAnswer = most })
			answer, err := client.Ask(t.Context(), question)
			switch {
			case test.want == "" && (err != nil || answer.Text != "whole"):
				t.Errorf("got %q, %v", answer.Text, err)
			case test.want != "" && !strings.HasPrefix(failure(t, err).Message, test.want):
				t.Errorf("got the error %q, want %q", err, test.want)
			}
			answer, err = client.Ask(t.Context(), question)
			if err != nil || answer.Text != "the next" || asked != 2 {
				t.Errorf("the next question: got %q, %v, after %d requests", answer.Text, err, asked)
			}
		})
	}
}

// A line of 100 MB is not read further than --max-answer's default.
func TestALineOf100MB(t *testing.T) {
	line := strings.Repeat("x", 1<<20)
	sent := make(chan int, 1)
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		sending(text("half")+`data: {"choices":[{"delta":{"content":"`)(w, r)
		n := 0
		for range 100 {
			if _, err := io.WriteString(w, line); err != nil {
				break
			}
			n++
		}
		io.WriteString(w, `"}}]}`+"\n\n"+stop+done) // where the client is still there
		sent <- n
	})
	_, err := client.Ask(t.Context(), question)
	if e := failure(t, err); e.Type != "answer_too_large" || e.Partial != "half" || !e.MaybeCharged {
		t.Errorf("got %+v", e)
	}
	if n := <-sent; n > DefaultMaxAnswer>>20+16 { // what the connection holds
		t.Errorf("%d MB were taken", n)
	}
}

// However small the parts are in which it arrives, an answer is whole.
func TestTinyParts(t *testing.T) {
	t.Run("a byte in every packet", func(t *testing.T) {
		small := text("a") + stop + done
		client := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			for i := range len(small) {
				io.WriteString(w, small[i:i+1])
				http.NewResponseController(w).Flush()
			}
		})
		if got, err := client.Ask(t.Context(), question); err != nil || got.Text != "a" {
			t.Errorf("got %q, %v", got.Text, err)
		}
	})
	t.Run("a hundred thousand chunks", func(t *testing.T) {
		const n = 100_000 // a million work as well, and take ten times as long
		const chunk = `data: {"choices":[{"delta":{"content":"x"}}]}` + "\n"
		client := memoryClient(t, strings.Repeat(chunk, n)+stop+done)
		client.cfg.MaxAnswer = 100 << 20
		if got, err := client.Ask(t.Context(), question); err != nil || got.Text != strings.Repeat("x", n) {
			t.Errorf("got %d bytes of text, %v", len(got.Text), err)
		}
	})
}

// What no text should hold is kept in an answer as far as JSON can say it, and
// an error that holds it can be printed. (cmd cleans what it prints.)
func TestTextThatIsHostile(t *testing.T) {
	const sent = `\u0000\u001b[2J\u009b31m\u202e\ud800` + "\xff\xc0\xaf"
	const kept = "\x00\x1b[2J\u009b31m\u202e\ufffd\ufffd"
	stream := `data: {"choices":[{"delta":{"content":"` + sent + `"}}]}` + "\n\n" +
		custom(`{"title":"`+sent+`"}`) + `data: {"choices":[{"delta":{"reasoning":"` + sent + `"}}]}` + "\n\n"
	answer, err := askStream(t, stream+stop+done)
	if err != nil || answer.Text != kept || answer.Reasoning != kept {
		t.Errorf("got %q, %q, %v", answer.Text, answer.Reasoning, err)
	}
	checkSavable(t, answer)
	_, err = askStream(t, stream+`data: {"error":{"type":"`+sent+`","message":"it `+sent+` broke","request_id":"`+sent+`"}}`+"\n\n")
	e := failure(t, err)
	const clean = "[2J31m\ufffd\ufffd"
	if e.Type != clean || e.Message != "it "+clean+" broke" || e.RequestID != clean {
		t.Errorf("got %q, %q, %q", e.Type, e.Message, e.RequestID)
	}
}

// A header that trickles in is silence: the idle time-out bounds the time until
// an answer begins.
func TestHeaderThatTricklesIn(t *testing.T) {
	client := serve(t, hijack(func(w io.Writer) {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		io.WriteString(w, "HTTP/1.1 200 OK\r\nX-Slow: ")
		for range tick.C {
			if _, err := io.WriteString(w, "x"); err != nil {
				return
			}
		}
	}), func(cfg *Config) { cfg.IdleTimeout = 100 * time.Millisecond })
	_, err := client.Ask(t.Context(), question)
	if e := failure(t, err); e.Message != "nothing arrived for 100ms" || !e.MaybeCharged {
		t.Errorf("got %+v", e)
	}
}
