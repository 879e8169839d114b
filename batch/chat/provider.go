package chat

import "bizbatch/batch"

// A Provider describes a service. What it does not say is as for OpenAI.
type Provider struct {
	// Name is the name of the service for --provider.
	Name string
	// BaseURL is the address to which /chat/completions is added. It is empty if
	// every user has another address.
	BaseURL string
	// URLVariable, KeyVariable and OrgVariable are the environment variables with
	// the user's address, key and organization.
	URLVariable, KeyVariable, OrgVariable string
	// KeyOptional reports that the service may not require a key, even on another
	// machine, because its users run it themselves.
	KeyOptional bool
	// APIVersion is the default version of Azure's API. If it is set, URLs and the
	// header with the key are Azure's.
	APIVersion string
	// Model is the default model. It is empty if the service has no name that stays
	// valid.
	Model string
	// Role is the role of a message with a question. Default "user".
	Role string
	// AskModes are the service's ask modes and their prices.
	AskModes batch.AskModes
	// Errors maps the service's own names of errors (types, codes or numbers) to the
	// usual ones.
	Errors map[string]string
	// NoUsageOption reports that the service does not support stream_options: it
	// always sends token counts, or never does.
	NoUsageOption bool
	// SchemaInMessage says that the service takes no JSON Schema as response_format,
	// at least not in a stream: the question has to tell it.
	SchemaInMessage bool
	// Members are those of a chunk, a choice or a delta that only this service
	// sends, and what takes them in.
	Members map[string]Member
}

// Providers are the services that need no code of their own. The folder testdata
// contains a recorded stream and errors of each.
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
