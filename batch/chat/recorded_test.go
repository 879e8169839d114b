package chat_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/sashabaranov/go-openai"

	"bizbatch/batch"
	"bizbatch/batch/bizora"
	"bizbatch/batch/chat"
	"bizbatch/batch/internal/finish"
	"bizbatch/internal/streamtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// providers are those whose streams are recorded.
var providers = append([]chat.Provider{bizora.Provider}, chat.Providers...)

var question = batch.Request{Payload: []byte(`{"messages":[{"content":"What is section 179?","role":"user"}],"model":"m"}`)}

// recorded is a stream as the service sends it, from testdata.
func recorded(t testing.TB, p chat.Provider) string {
	t.Helper()
	stream, err := os.ReadFile(filepath.Join("testdata", p.Name, "answer.sse"))
	if err != nil {
		t.Fatal(err)
	}
	return string(stream)
}

// ask asks a service that answers through the transport.
func ask(t testing.TB, p chat.Provider, transport http.RoundTripper) (batch.Answer, error) {
	t.Helper()
	return newClient(t, p, transport).Ask(t.Context(), question)
}

func newClient(t testing.TB, p chat.Provider, transport http.RoundTripper) *chat.Client {
	t.Helper()
	client, err := chat.New(chat.Config{
		Provider: p, BaseURL: cmp.Or(p.BaseURL, "https://own.example"), Key: "sk_live_0123456789abcdef", Transport: transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func asksWhole(t testing.TB, p chat.Provider) batch.Answer {
	t.Helper()
	answer, err := ask(t, p, streamtest.Memory(recorded(t, p)))
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// each runs a test for each service.
func each(t *testing.T, test func(t *testing.T, p chat.Provider)) {
	for _, p := range providers {
		t.Run(p.Name, func(t *testing.T) { test(t, p) })
	}
}

func TestRecordedStreams(t *testing.T) {
	each(t, func(t *testing.T, p chat.Provider) {
		got, err := json.MarshalIndent(asksWhole(t, p), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, '\n')
		golden := filepath.Join("testdata", p.Name, "answer.json")
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("the answer differs from %s (-want +got):\n%s", golden, diff)
		}
	})
}

// A stream that is cut at any byte is an error, or the whole answer; of that, only
// the token counts may be missing, which some services send after its end.
func TestStreamCutAnywhere(t *testing.T) {
	each(t, func(t *testing.T, p chat.Provider) {
		stream, want := recorded(t, p), asksWhole(t, p)
		for at := range len(stream) {
			checkPrefix(t, p, stream[:at], want)
		}
	})
}

func checkPrefix(t *testing.T, p chat.Provider, prefix string, want batch.Answer) {
	t.Helper()
	got, err := ask(t, p, streamtest.Memory(prefix))
	if err != nil {
		if e := streamtest.Failure(t, err); !strings.HasPrefix(want.Text, e.Partial) {
			t.Fatalf("cut at byte %d: the partial text is %q", len(prefix), e.Partial)
		}
		return
	}
	if got.Usage == nil {
		got.Usage = want.Usage
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Fatalf("cut at byte %d: not the whole answer (-want +got):\n%s", len(prefix), diff)
	}
}

// However small the parts are in which it arrives, an answer is whole.
func TestAByteAtATime(t *testing.T) {
	each(t, func(t *testing.T, p chat.Provider) {
		got, err := ask(t, p, bytewise{streamtest.Memory(recorded(t, p))})
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(asksWhole(t, p), got); diff != "" {
			t.Errorf("(-whole +bytewise):\n%s", diff)
		}
	})
}

// bytewise gives out a response's body a byte at a time.
type bytewise struct{ http.RoundTripper }

func (b bytewise) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	resp.Body = oneByte{resp.Body}
	return resp, err
}

type oneByte struct{ io.ReadCloser }

func (b oneByte) Read(p []byte) (int, error) { return b.ReadCloser.Read(p[:min(1, len(p))]) }

// The control of TestStreamCutAnywhere: go-openai by itself, read as its
// documentation has it, takes most of these streams for whole answers.
func TestABareClientTakesACutStreamForWhole(t *testing.T) {
	stream := recorded(t, bizora.Provider)
	half := stream[:len(stream)/2]
	server := httptest.NewServer(streamtest.Sending(half))
	defer server.Close()
	config := openai.DefaultConfig("sk_test")
	config.BaseURL = server.URL
	bare, err := openai.NewClientWithConfig(config).CreateChatCompletionStream(t.Context(), openai.ChatCompletionRequest{})
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	for err == nil {
		_, err = bare.RecvRaw()
	}
	if !errors.Is(err, io.EOF) {
		t.Errorf("it noticed: %v; then this test and the comments on it are out of date", err)
	}
	if _, err := ask(t, bizora.Provider, streamtest.Memory(half)); !streamtest.Failure(t, err).MaybeCharged {
		t.Error("we did not:", err)
	}
}

// FuzzStream holds what TestStreamCutAnywhere says against any place of any
// service's stream, and any stream at all against this: it ends, and an answer
// has a finish reason and is fit to be saved.
func FuzzStream(f *testing.F) {
	const stop, done = streamtest.Stop, streamtest.Done
	for i, p := range providers {
		f.Add(uint(i), uint(i*1000), recorded(f, p))
	}
	f.Add(uint(0), uint(0), streamtest.Text("half")+`data: {"error":{"message":"no"}}`+"\n\n")
	f.Add(uint(0), uint(1), ": c\nevent: x\n"+stop+"data: [DONE]")
	f.Add(uint(0), uint(2), streamtest.Custom(`[{"type":"source_message","content":[{"node_id":1},[]]},"{\"type\":\"ai_metadata\"}"]`)+stop)
	f.Add(uint(0), uint(3), strings.Replace(stop, "stop", "s\xf0p", 1))
	f.Add(uint(0), uint(4), "event: error\ndata: {\ndata: \"detail\":1}\n\n"+stop+done)
	f.Add(uint(0), uint(5), `data: {"citations":["a",{"url":1}],"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"text":"x"}]}]}}]}`+"\n\n"+stop)
	var whole []batch.Answer
	for _, p := range providers {
		whole = append(whole, asksWhole(f, p))
	}
	f.Fuzz(func(t *testing.T, which, at uint, other string) {
		which %= uint(len(providers))
		p := providers[which]
		stream := recorded(t, p)
		checkPrefix(t, p, stream[:at%uint(len(stream))], whole[which])
		answer, err := ask(t, p, streamtest.Memory(other))
		if err != nil {
			streamtest.Failure(t, err)
			return
		}
		if finish.Parse(answer.FinishReason) == finish.None {
			t.Error("an answer without a finish reason")
		}
		saved, err := json.Marshal(answer)
		if err != nil {
			t.Fatalf("the answer cannot be saved: %v", err)
		}
		var back batch.Answer
		if err := json.Unmarshal(saved, &back); err != nil {
			t.Fatalf("the saved answer cannot be read: %v", err)
		}
		if again, err := json.Marshal(back); err != nil || !slices.Equal(saved, again) {
			t.Errorf("saved as %s, read as %s (%v)", saved, again, err)
		}
	})
}
