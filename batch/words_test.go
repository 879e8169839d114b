package batch

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// What services say, and what a run makes of it.
func TestWordsOfServices(t *testing.T) {
	const money, key = "the balance is used up", "the key is refused"
	for _, tt := range []struct {
		service string
		err     Error
		want    string
	}{
		{"OpenAI, with 429", Error{Status: 429, Type: "insufficient_quota", Message: "You exceeded your current quota, please check your plan and billing details."}, money},
		{"OpenAI, with 400", Error{Status: 400, Type: "invalid_request_error", Code: "billing_hard_limit_reached", Message: "Billing hard limit has been reached"}, money},
		{"Anthropic", Error{Status: 400, Type: "invalid_request_error", Message: "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing."}, money},
		{"DeepSeek", Error{Status: 402, Type: "unknown_error", Message: "Insufficient Balance"}, money},
		{"LiteLLM's proxy", Error{Status: 400, Type: "budget_exceeded", Message: "Budget has been exceeded! Current cost: 10, Max budget: 10"}, money},
		{"Moonshot", Error{Status: 429, Type: "exceeded_current_quota_error", Message: "Your account is suspended due to insufficient balance, please recharge"}, money},
		{"a gateway, with 403", Error{Status: 403, Message: "spending limit reached: your spending limit has been exceeded"}, money},
		{"a gateway, with 500", Error{Status: 500, Message: "upstream: insufficient credits"}, money},
		{"xAI", Error{Status: 403, Message: "Your team has either used all available credits or reached its monthly spending limit."}, money},
		{"Anthropic, by its own limit", Error{Status: 400, Type: "invalid_request_error", Message: "You have reached your specified API usage limits."}, money},
		{"a gateway that sells quota", Error{Status: 403, Type: "new_api_error", Code: "insufficient_user_quota", Message: "no"}, money},
		{"OpenRouter, by the key's own limit", Error{Status: 403, Message: "Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys"}, money},
		{"Together", Error{Status: 429, Type: "credit_limit", Message: "Credit limit exceeded, please navigate to https://api.together.xyz/settings/billing"}, money},
		{"Fireworks", Error{Status: 412, Message: "Account a is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices."}, money},
		{"xAI, before the first payment", Error{Status: 403, Message: "Your newly created team doesn't have any credits or licenses yet."}, money},
		{"LiteLLM's proxy, for a key", Error{Status: 400, Type: "auth_error", Message: "Authentication Error, ExceededTokenBudget: Current spend for token: 10.4; Max Budget for Token: 10.0"}, money},
		{"LiteLLM's proxy, of OpenAI", Error{Status: 500, Message: "litellm.APIError: Error code: 429 - {'error': {'message': 'no', 'code': 'insufficient_quota'}}"}, money},
		{"JSON in a string of JSON", Error{Status: 400, Message: `{\"error\":{\"code\":\"billing_hard_limit_reached\"}}`}, money},
		{"Google, by its own cap", Error{Status: 429, Type: "RESOURCE_EXHAUSTED", Message: "Your project has exceeded its monthly spending cap."}, money},
		{"Google, without billing", Error{Status: 403, Type: "PERMISSION_DENIED", Code: "BILLING_DISABLED", Message: "This API method requires billing to be enabled."}, money},
		{"DeepInfra", Error{Status: 403, Message: "inference prohibited, please make sure you have enough balance"}, money},
		{"Novita", Error{Status: 403, Message: "not enough balance"}, money},
		{"Portkey", Error{Status: 412, Message: "Portkey Error: API Key Usage Limit Exceeded"}, money},
		{"a gateway that sells quota, for a key", Error{Status: 403, Type: "one_api_error", Message: "该令牌额度已用尽"}, money},
		{"DashScope", Error{Status: 403, Code: "AllocationQuota.FreeTierOnly", Message: "The free tier of the model has been exhausted."}, money},
		{"Anthropic, closed", Error{Status: 400, Type: "invalid_request_error", Message: "This organization has been disabled."}, key},
		{"Google, of a key that is gone", Error{Status: 400, Type: "INVALID_ARGUMENT", Message: "API Key not found. Please pass a valid API key."}, key},
		{"Google, without a key", Error{Status: 400, Type: "INVALID_ARGUMENT", Message: "Missing or invalid Authorization header."}, key},
		{"Cloudflare", Error{Status: 400, Message: "Authentication error"}, key},
		{"MiniMax", Error{Message: "login fail: Please carry the API secret key in the 'Authorization' field of the request header"}, key},
		{"Baidu", Error{Message: "Access token invalid or no longer valid"}, key},
		{"a question about an authorization", Error{Status: 400, Message: "the question about an invalid authorization to disclose is too vague"}, "the question"},
		{"in Chinese", Error{Status: 429, Code: "1113", Message: "您的账户余额不足,请充值"}, money},
		{"Google, by the minute", Error{Status: 429, Type: "RESOURCE_EXHAUSTED", Message: "You exceeded your current quota, please check your plan and billing details.", RetryAfter: time.Second}, "the pace"},
		{"in a stream", Error{Code: "insufficient_quota", Message: "no"}, money},
		{"Google", Error{Status: 400, Type: "INVALID_ARGUMENT", Message: "API key not valid. Please pass a valid API key."}, key},
		{"OpenAI, in a stream", Error{Type: "invalid_request_error", Code: "invalid_api_key", Message: "Incorrect API key provided"}, key},
		{"a question about credit balances", Error{Status: 400, Type: "invalid_request_error", Message: `the question "How do we report a credit balance, or a spending limit?" is too vague`}, "the question"},
		{"a gateway that wants to know more", Error{Status: 403, Message: "Please add your account number"}, key},
		{"a question about insufficient withholding", Error{Status: 422, Message: "insufficient detail"}, "the question"},
		{"a rate limit", Error{Status: 429, Type: "rate_limit_exceeded", Message: "Rate limit reached for requests"}, "the pace"},
		{"a fault", Error{Status: 500, Message: "internal error"}, "a passing fault"},
		{"a request that was sent to the wrong host", Error{Status: 421}, "a passing fault"},
		{"a dependency that failed", Error{Status: 424}, "a passing fault"},
		{"a token that has expired on its way", Error{Status: 498}, "a passing fault"},
		{"a client that is said to have left", Error{Status: 499}, "a passing fault"},
		{"an overload", Error{Status: 529}, "a passing fault"},
	} {
		got := map[Action]string{Again: "a passing fault", Pause: "the pace", GiveUp: "the question"}[Classify(&tt.err, time.Now(), time.Minute)]
		if got == "" {
			got = map[StopKind]string{StopBalance: money, StopKey: key}[tt.err.stopKind()]
		}
		if got != tt.want {
			t.Errorf("%s (%v) is about %s, want %s", tt.service, &tt.err, got, tt.want)
		}
	}
}

// A service that repeats words of a question about money or keys speaks of that
// question, and stops no run.
func TestWordsOfAQuestionAreNotTheService(t *testing.T) {
	for _, said := range []string{"the prompt mentions 'Insufficient Funds' penalties", "what an invalid API key is, is no tax question", "Budget exceeded"} {
		for _, status := range []int{400, 403} {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				questions := texts("Are penalties for insufficient funds deductible, is an invalid API key, or a budget exceeded?", "1", "2", "3", "4", "5")
				if _, err := Import(store, questions, ImportOptions{Settings: Settings{AskModes: taxModes}}); err != nil {
					t.Fatal(err)
				}
				svc := newService(func(r request) reply {
					if strings.Contains(r.question, "penalties") {
						return reply{takes: time.Second, err: &Error{Status: status, Message: said}}
					}
					return reply{takes: time.Second}
				})
				_, out := run(t, store, svc, Options{Workers: 2})
				want(t, out, outcome{Answered: 5, Failed: 1, Sum: out.Sum})
			})
		}
	}
}
