package schema

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"bizbatch/batch"
	"bizbatch/batch/bizora"
	"bizbatch/batch/chat"
	"bizbatch/internal/sandbox"
)

// A rehearsal is as the real thing: the schema arrives, and answers fit it, unless a
// rule says otherwise.
func TestTheSandboxAnswersByASchema(t *testing.T) {
	content, err := os.ReadFile("../../samples/answer.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	wide := `{"$defs":{"n":{"type":"object","properties":{"v":{"type":"integer","minimum":3,"maximum":4},"next":{"anyOf":[{"type":"null"},{"$ref":"#/$defs/n"}]}},"required":["v"]}},
		"type":"object","properties":{"n":{"$ref":"#/$defs/n"},"list":{"type":"array","minItems":3,"items":{"type":"string","maxLength":9}},
		"none":{"type":"null"},"c":{"const":{"x":1}},"o":{"type":"object"},"at":{"type":"string","format":"date-time"}},
		"required":["n","list","none","c","o","at"],"additionalProperties":false}`
	for _, source := range []string{string(content), wide} {
		s := parse(t, source)
		for name, service := range map[string]struct {
			options  sandbox.Options
			settings batch.Settings
			provider chat.Provider
		}{
			"Bizora":  {sandbox.Options{}, batch.Settings{Schema: s.Source(), SchemaInMessage: true}, bizora.Provider},
			"another": {sandbox.Options{OpenAI: true}, batch.Settings{Model: "m", Role: "user", Schema: s.Source()}, chat.Provider{}},
		} {
			service.options.Script.Rules = []sandbox.Rule{{Match: "prose|type", Prose: true}} // the schema is no part of the question
			server, err := sandbox.Start("", service.options)
			if err != nil {
				t.Fatal(err)
			}
			client, err := chat.New(chat.Config{BaseURL: server.URL, Key: "k", Provider: service.provider})
			if err != nil {
				t.Fatal(err)
			}
			for _, question := range []string{"What is VAT?", "In prose?"} {
				req, _, err := service.settings.Request(batch.Question{Text: question})
				if err != nil {
					t.Fatal(err)
				}
				a, err := client.Ask(t.Context(), req)
				if err != nil {
					t.Fatal(err)
				}
				d, err := s.Fit(&a)
				if fits := err == nil; fits != (question == "What is VAT?") {
					t.Errorf("%s, %s: %v\n%s", name, question, err, a.Text)
				}
				if err == nil && service.provider.Name == "bizora" && source == string(content) && !strings.Contains(string(d.Object), "[1]") {
					t.Errorf("no citation in %s", d.Object)
				}
				if err == nil && !json.Valid(d.Object) {
					t.Errorf("%s", d.Object)
				}
			}
			client.Close()
			server.Close()
		}
	}
}
