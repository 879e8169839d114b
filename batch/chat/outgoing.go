package chat

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/sashabaranov/go-openai"

	"bizbatch/batch"
)

// address returns the base address, and the version that its query says.
func (cfg *Config) address() (base, version string) {
	base, query, _ := strings.Cut(cfg.BaseURL, "?")
	values, _ := url.ParseQuery(query) // it was checked
	return strings.TrimRight(base, "/"), values.Get("api-version")
}

// openAI returns go-openai's configuration: where a request goes, and how the key is
// sent. Azure has an address for each model (deployment), except under /openai/v1,
// where it is as OpenAI is.
func (cfg *Config) openAI() openai.ClientConfig {
	base, version := cfg.address()
	config := openai.DefaultConfig(cfg.Key)
	config.BaseURL = base
	config.APIVersion = version
	if cfg.Provider.APIVersion != "" && !strings.HasSuffix(base, "/openai/v1") {
		resource, deployment, _ := strings.Cut(base, "/openai/deployments/")
		config = openai.DefaultAzureConfig(cfg.Key, strings.TrimSuffix(resource, "/openai"))
		config.APIVersion = cmp.Or(version, cfg.Provider.APIVersion)
		config.AzureModelMapperFunc = func(model string) string { return cmp.Or(deployment, model) }
	}
	config.OrgID = cfg.Organization
	return config
}

// An outgoing is a request as go-openai writes it, and what it has no place for.
type outgoing struct {
	request openai.ChatCompletionRequest
	rest    map[string]json.RawMessage // members that are sent as they are
	unset   []string                   // members that go-openai writes and that are not sent
	usage   bool                       // token counts are asked for
}

// newOutgoing takes a payload apart. The model and messages of plain text are
// go-openai's to write; of parameters it would drop those that it does not know,
// and zeros.
func newOutgoing(payload []byte, usage bool) (o outgoing, err error) {
	if json.Unmarshal(payload, &o.rest) != nil || o.rest == nil {
		return o, &batch.Error{
			Message: "the request is not a JSON object",
			Fatal:   true,
			Hint:    "this is a mistake in the program, not in the question",
		}
	}
	take := func(name string, taken bool) {
		if taken {
			delete(o.rest, name)
		} else {
			o.unset = append(o.unset, name)
		}
	}
	take("model", json.Unmarshal(o.rest["model"], &o.request.Model) == nil && o.request.Model != "")
	var messages []batch.Message
	plain := json.NewDecoder(bytes.NewReader(o.rest["messages"]))
	plain.DisallowUnknownFields()
	take("messages", plain.Decode(&messages) == nil && len(messages) > 0 &&
		!slices.ContainsFunc(messages, func(m batch.Message) bool { return m.Content == "" })) // it would leave out an empty one
	for _, m := range messages {
		o.request.Messages = append(o.request.Messages, openai.ChatCompletionMessage{Role: m.Role, Content: m.Content})
	}
	if o.usage = usage && o.rest["stream_options"] == nil; o.usage {
		o.request.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
	}
	return o, nil
}

// body adds the rest to what go-openai wrote.
func (o *outgoing) body(written []byte) ([]byte, error) {
	if len(o.rest)+len(o.unset) == 0 {
		return written, nil
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(written, &all); err != nil {
		return nil, err
	}
	for _, name := range o.unset {
		delete(all, name)
	}
	for name, value := range o.rest {
		if name != "stream" {
			all[name] = value
		}
	}
	return json.Marshal(all)
}
