package chat

import "bizbatch/batch"

// A Provider describes a service, as data. What it does not say is as OpenAI has
// it.
type Provider struct {
	// Name is what --provider calls it.
	Name string
	// BaseURL is the address that /chat/completions is added to; empty: there is one
	// for each user.
	BaseURL string
	// URLVariable, KeyVariable and OrgVariable are the environment variables in which
	// its users have their address, their key and their organisation.
	URLVariable, KeyVariable, OrgVariable string
	// KeyOptional says that the service may need no key, also on another machine:
	// its users run it themselves.
	KeyOptional bool
	// APIVersion is the version of Azure's API that is asked for where the address
	// has none. It makes addresses, and the header of the key, Azure's.
	APIVersion string
	// Model is asked where the user names none; empty: there is no name that stays.
	Model string
	// Role is that of a question's message; default "user".
	Role string
	// AskModes are those that it has, with their prices.
	AskModes batch.AskModes
	// Errors are its own names for errors (types, codes or numbers), and what they
	// are called elsewhere.
	Errors map[string]string
	// NoUsageOption says that the service sends token counts unasked, or not at all,
	// and knows no stream_options.
	NoUsageOption bool
	// SchemaInMessage says that the service takes no JSON Schema as response_format,
	// at least not in a stream: the question has to tell it.
	SchemaInMessage bool
	// Members are those of a chunk, a choice or a delta that only this service
	// sends, and what takes them in.
	Members map[string]Member
}

// Providers are the services that need no code of their own. For each there is a
// folder in testdata with a stream and errors as it sends them.
//
// Those that take a JSON Schema as response_format say so in their documentation:
// OpenAI (guides/structured-outputs), Azure (how-to/structured-outputs, since API
// version 2024-08-01-preview), OpenRouter (features/structured-outputs, for models
// that can), Perplexity (output-control/structured-outputs), Mistral
// (structured_output/custom), Gemini (api/compatibility, ResponseFormatSchema), Ollama
// (openai.md; grammars since 0.5), vLLM (features/structured_outputs).
var Providers = []Provider{
	{
		Name: "openai", BaseURL: openAIURL,
		URLVariable: "OPENAI_BASE_URL", KeyVariable: "OPENAI_API_KEY", OrgVariable: "OPENAI_ORG_ID",
	},
	{
		Name: "azure", APIVersion: "2024-10-21",
		URLVariable: "AZURE_OPENAI_ENDPOINT", KeyVariable: "AZURE_OPENAI_API_KEY",
		Errors: map[string]string{"DeploymentNotFound": "model_not_found"},
	},
	{
		Name: "openrouter", BaseURL: "https://openrouter.ai/api/v1", KeyVariable: "OPENROUTER_API_KEY", Model: "openrouter/auto",
	},
	{
		Name: "perplexity", BaseURL: "https://api.perplexity.ai", KeyVariable: "PERPLEXITY_API_KEY", Model: "sonar-pro",
		NoUsageOption: true,
	},
	{
		Name: "deepseek", BaseURL: "https://api.deepseek.com", KeyVariable: "DEEPSEEK_API_KEY", Model: "deepseek-chat",
		SchemaInMessage: true, // guides/json_mode: only json_object, and the prompt tells the format
	},
	{
		Name: "groq", BaseURL: "https://api.groq.com/openai/v1", KeyVariable: "GROQ_API_KEY",
		Errors:          map[string]string{"model_decommissioned": "model_not_found"},
		SchemaInMessage: true, // docs/structured-outputs: streaming is not supported with it
	},
	{
		Name: "mistral", BaseURL: "https://api.mistral.ai/v1", KeyVariable: "MISTRAL_API_KEY", Model: "mistral-large-latest",
		Errors:        map[string]string{"invalid_model": "model_not_found"},
		NoUsageOption: true,
	},
	{
		Name: "gemini", BaseURL: "https://generativelanguage.googleapis.com/v1beta/openai", KeyVariable: "GEMINI_API_KEY", Model: "gemini-flash-latest",
	},
	{
		Name: "anthropic", BaseURL: "https://api.anthropic.com/v1", KeyVariable: "ANTHROPIC_API_KEY",
		SchemaInMessage: true, // api/openai-sdk: response_format is ignored
	},
	{
		Name: "ollama", BaseURL: "http://localhost:11434/v1", KeyOptional: true,
	},
	{
		Name: "vllm", BaseURL: "http://localhost:8000/v1", KeyVariable: "VLLM_API_KEY", KeyOptional: true,
	},
}
