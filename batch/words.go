package batch

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// Services say that an account has no money left, or that a key is wrong, with
// many statuses, and in many words. These tables know them by type or code, and
// by their usual sentences. A sentence here is one that a question would not hold
// by chance: some services repeat parts of it.

// moneyWords are types and codes of an empty balance.
var moneyWords = map[string]bool{
	"insufficient_balance": true, "insufficient_quota": true, "insufficient_credits": true, "insufficient_credit": true, "insufficient_funds": true,
	"billing_hard_limit_reached": true, "billing_not_active": true, "billing_error": true, "payment_required": true, "budget_exceeded": true,
	"insufficient_user_quota": true, "exceeded_current_quota_error": true, "accountoverdueerror": true,
	"credit_balance_too_low": true, "quota_exceeded": true, "out_of_credits": true, "account_arrears": true, "arrearage": true,
}

var moneySentence = regexp.MustCompile(`(?i)\b(` + strings.Join([]string{
	`credit balance is (too low|insufficient|not enough)`,
	`insufficient (account )?(balance|credits?|funds)`,
	`(account|balance|credit)s? (is|are|has been) (not sufficient|insufficient|exhausted|depleted)`,
	`exceeded your (current|monthly) quota`,
	`you have (no|run out of) credits`,
	`(budget|spend(ing)? limit|hard limit|credit limit) (has been|was|is) (exceeded|reached)`,
	`exceeded (the|your) (budget|spend(ing)? limit|credit limit)`,
	`(budget|spend(ing)? limit) exceeded`,
	`used all (of your |its )?available credits`,
	`reached (its|your) (monthly )?spending limit`,
	`reached your specified (api )?usage limits`,
	`suspended (due to|for|because of) (an? )?(insufficient|unpaid|overdue|missing|non-?payment|payment)`,
	`please (add|purchase|buy) (more )?credits?`,
	`please top up`,
}, "|") + `)|余额不足|欠费`)

// aboutMoney reports that the account has no money left. Any status may say so
// that says no to a request, and none within a stream. A 429 that says when to
// come back is about the pace, though it speaks of a quota (Google's).
func (e *Error) aboutMoney() bool {
	if e.Status >= 400 && !slices.Contains([]int{400, 401, 402, 403, 412, 429, 500}, e.Status) {
		return false
	}
	if e.Status == 402 || moneyWords[strings.ToLower(e.Type)] || moneyWords[strings.ToLower(e.Code)] {
		return true
	}
	return !(e.Status == 429 && e.RetryAfter > 0) && e.says(moneySentence)
}

// keyWords are types and codes of a key that is wrong.
var keyWords = map[string]bool{
	"authentication_error": true, "invalid_api_key": true, "api_key_invalid": true, "invalid_authentication": true, "unauthorized": true,
	"incorrect_api_key": true, "invalid_api_key_error": true, "unauthenticated": true,
}

var keySentence = regexp.MustCompile(`(?i)\b(api key (is )?(not valid|invalid|incorrect|expired)|(invalid|incorrect) api key)\b`)

// aboutKey reports that the key was refused, which services say with 400 or
// within a stream, too.
func (e *Error) aboutKey() bool {
	if e.Status >= 400 && e.Status != 400 && e.Status != 401 {
		return false
	}
	return e.Status == 401 || keyWords[strings.ToLower(e.Type)] || keyWords[strings.ToLower(e.Code)] || e.says(keySentence)
}

func (e *Error) says(sentence *regexp.Regexp) bool { return !e.echo && sentence.MatchString(e.Message) }

// echoes reports that such a sentence stands in the request too: the service
// repeats a part of the question.
func (e *Error) echoes(payload []byte) bool {
	return slices.ContainsFunc([]*regexp.Regexp{moneySentence, keySentence}, func(sentence *regexp.Regexp) bool {
		said := sentence.FindString(e.Message)
		return said != "" && bytes.Contains(bytes.ToLower(payload), []byte(strings.ToLower(said)))
	})
}
