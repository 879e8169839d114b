package chat

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sashabaranov/go-openai"
)

// standardStream is a stream of the size of the recorded one: 873 chunks and
// 414 KB, of which 2.5 KB is the text and 42 KB one line with every source.
func standardStream() string {
	const chunks, size, sources = 873, 414_000, 40
	var b strings.Builder
	chunk := func(content, finish, custom string) {
		fmt.Fprintf(&b, `data: {"id":"chatcmpl-5b1f0a7e9c3d","object":"chat.completion.chunk","created":1767225600,"model":"bizora-1.0","system_fingerprint":null,"choices":[{"index":0,"delta":{"content":%q},"logprobs":null,"finish_reason":%s}],"usage":null%s}`+"\n\n", content, finish, custom)
	}
	source := func(i, size int) string {
		return fmt.Sprintf(`{"node_id":"00000000-0000-4000-8000-%012d","text":%q,"tool":"taxes_federal_bills","page_label":"%d","s3_file_path":"https://files.example/bills/%d.pdf"}`,
			i, strings.Repeat("the taxpayer may elect ", size/23), i, i)
	}
	message := func(size int) string {
		list := make([]string, sources)
		for i := range list {
			list[i] = source(i, size)
		}
		return strings.Join(list, ",")
	}
	tail := `,"custom_data":{"type":"ai_metadata","metadata":{"tokens_used":1800},"sources":[` + message(850) + `]}`
	chunk("", "null", `,"custom_data":{"type":"start","request_id":"req_1"}`)
	texts := chunks - 8
	for range 5 {
		chunk("", "null", `,"custom_data":{"type":"source_message","content":[`+message((size-texts*262-len(tail))/5/sources-167)+`]}`)
	}
	for range texts {
		chunk("abc", "null", "")
	}
	chunk("", "null", tail)
	chunk("", `"stop"`, "")
	b.WriteString(done)
	return b.String()
}

// BenchmarkAsk compares a whole answer, with its sources, with the yardstick:
// a bare loop of go-openai's Recv, which keeps only the text and cannot tell
// half an answer from a whole one.
func BenchmarkAsk(b *testing.B) {
	stream := standardStream()
	b.Run("bizora", func(b *testing.B) {
		client := memoryClient(b, stream)
		b.SetBytes(int64(len(stream)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := client.Ask(b.Context(), question); err != nil {
				b.Fatal(err)
			}
		}
	})
	for name, raw := range map[string]bool{"go-openai Recv": false, "go-openai RecvRaw": true} {
		b.Run(name, func(b *testing.B) {
			config := openai.DefaultConfig(testKey)
			config.HTTPClient = &http.Client{Transport: memory(stream)}
			client := openai.NewClientWithConfig(config)
			b.SetBytes(int64(len(stream)))
			b.ReportAllocs()
			for b.Loop() {
				if err := drain(b, client, raw); !errors.Is(err, io.EOF) {
					b.Fatal(err)
				}
			}
		})
	}
}

func drain(b *testing.B, client *openai.Client, raw bool) error {
	stream, err := client.CreateChatCompletionStream(b.Context(), openai.ChatCompletionRequest{})
	if err != nil {
		return err
	}
	defer stream.Close()
	var text strings.Builder
	for {
		if raw {
			if _, err := stream.RecvRaw(); err != nil {
				return err
			}
			continue
		}
		chunk, err := stream.Recv()
		if err != nil {
			return err
		}
		text.WriteString(chunk.Choices[0].Delta.Content)
	}
}
