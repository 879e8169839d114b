package chat

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"bizbatch/batch"
)

// Where a request goes, and who it says asks.
func TestWhereARequestGoes(t *testing.T) {
	azure := Provider{Name: "azure", APIVersion: "2024-10-21"}
	const resource, deployment = "https://acme.openai.azure.com", "https://acme.openai.azure.com/openai/deployments/gpt-4o"
	for name, test := range map[string]struct {
		cfg      Config
		url, key string // key: the header and its value
	}{
		"OpenAI":                       {Config{}, "https://api.openai.com/v1/chat/completions", "Authorization: Bearer " + testKey},
		"a resource of Azure's":        {Config{Provider: azure, BaseURL: resource}, resource + "/openai/deployments/gpt-4.1/chat/completions?api-version=2024-10-21", "Api-Key: " + testKey},
		"the same with a path":         {Config{Provider: azure, BaseURL: resource + "/openai/"}, resource + "/openai/deployments/gpt-4.1/chat/completions?api-version=2024-10-21", "Api-Key: " + testKey},
		"a deployment of Azure's":      {Config{Provider: azure, BaseURL: deployment}, deployment + "/chat/completions?api-version=2024-10-21", "Api-Key: " + testKey},
		"a version of Azure's":         {Config{Provider: azure, BaseURL: deployment + "?api-version=2025-01-01-preview"}, deployment + "/chat/completions?api-version=2025-01-01-preview", "Api-Key: " + testKey},
		"Azure's newer address":        {Config{Provider: azure, BaseURL: resource + "/openai/v1/"}, resource + "/openai/v1/chat/completions", "Authorization: Bearer " + testKey},
		"a version of somebody else's": {Config{BaseURL: "https://x.example/v1?api-version=2"}, "https://x.example/v1/chat/completions?api-version=2", "Authorization: Bearer " + testKey},
		"an organisation":              {Config{Organization: "org-1"}, "https://api.openai.com/v1/chat/completions", "Openai-Organization: org-1"},
		"a header":                     {Config{Headers: http.Header{"X-Team": {"tax"}}}, "https://api.openai.com/v1/chat/completions", "X-Team: tax"},
		"a header in the key's place":  {Config{Headers: http.Header{"Authorization": {"Basic x"}}}, "https://api.openai.com/v1/chat/completions", "Authorization: Basic x"},
		"a resource without any key":   {Config{Provider: azure, BaseURL: resource, Headers: http.Header{"Authorization": {"Bearer x"}}}, resource + "/openai/deployments/gpt-4.1/chat/completions?api-version=2024-10-21", "Authorization: Bearer x"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.cfg.Headers.Get("Authorization") == "" {
				test.cfg.Key = testKey
			}
			var got *http.Request
			test.cfg.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
				got = r
				return memory(stop + done).RoundTrip(r)
			})
			client := newClient(t, test.cfg)
			if _, err := client.Ask(t.Context(), batch.Request{Payload: []byte(`{"messages":[{"role":"user","content":"q"}],"model":"gpt-4.1"}`)}); err != nil {
				t.Fatal(err)
			}
			header, value, _ := strings.Cut(test.key, ": ")
			if got.URL.String() != test.url || strings.Join(got.Header[header], "|") != value {
				t.Errorf("%s with %v\nwant %s with %s", got.URL, got.Header, test.url, test.key)
			}
			if _, ok := got.Header["Api-Key"]; ok && client.cfg.Key == "" {
				t.Error("an empty key was sent")
			}
		})
	}
}

// What go-openai writes, and what is added to it, is what the payload says.
func TestNothingOfARequestIsLost(t *testing.T) {
	for _, payload := range []string{
		`{"messages":[{"role":"user","content":"§ <b> & \"x\" \u2028"}],"model":"m"}`,
		`{"messages":[{"role":"user","content":""}],"model":"m"}`, // go-openai would leave out the content
		`{"messages":[{"role":"user","content":[{"type":"text","text":"x"}]}],"model":"m"}`,
		`{"messages":[{"role":"user","content":"x","name":"n","new":{}}],"model":"m"}`,
		`{"messages":[],"model":""}`,
		`{"messages":null,"model":7}`,
		`{"messages":[{"role":"user","content":"x"}],"model":"gpt-5","temperature":0,"top_p":0.70,"seed":12345678901234567890,"n":0,"max_tokens":5}`, // what its validator refuses
		`{"askMode":"auto","messages":[{"role":"human","content":"x"}],"model":"m","stream":false,"stop":"a"}`,
	} {
		var body []byte
		client := newClient(t, Config{Key: testKey, Transport: transportFunc(func(r *http.Request) (*http.Response, error) {
			body, _ = io.ReadAll(r.Body)
			return memory(stop + done).RoundTrip(r)
		})})
		if _, err := client.Ask(t.Context(), batch.Request{Payload: []byte(payload)}); err != nil {
			t.Fatalf("%s: %v", payload, err)
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal([]byte(payload), &want); err != nil {
			t.Fatal(err)
		}
		want["stream"] = json.RawMessage("true")
		whole, _ := json.Marshal(want)
		if sameJSON(t, string(body)) != sameJSON(t, string(whole)) {
			t.Errorf("sent %s\nwant %s", body, whole)
		}
	}
}

// What a header says that is a secret is in no answer and no error.
func TestASecretHeaderIsNotInTheAnswer(t *testing.T) {
	const secret = "team-secret-0123456789"
	echo := func(cfg *Config) { cfg.Secrets = []string{secret} }
	answer, err := serve(t, sending(text("It is "+secret)+custom(`{"a":"`+secret+`"}`)+stop+done), echo).Ask(t.Context(), question)
	if saved, _ := json.Marshal(answer); err != nil || strings.Contains(string(saved), secret) || answer.Text != "It is (the key)" {
		t.Errorf("%s, %v", saved, err)
	}
	_, err = serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, "no "+secret)
	}, echo).Ask(t.Context(), question)
	if e := failure(t, err); e.Message != "no (the key)" {
		t.Errorf("%+v", e)
	}
}
