package batch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// The run has the model m, the role human and two parameters; the question
// overrides one of these and has one of its own.
func TestClassifyTellsASettingFromItsQuestion(t *testing.T) {
	settings := Settings{AskModes: taxModes, Model: "m", AskMode: Deep, Params: map[string]json.RawMessage{"temperature": []byte("0.50"), "top_p": []byte(`"<1>"`)}}
	req, _, err := settings.Request(Question{Text: "How?", Params: map[string]json.RawMessage{"top_p": []byte("0.5"), "seed": []byte("1")}})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		err  Error
		want string // the setting; empty: it is the question
	}{
		"a model that is not there":                         {Error{Status: 404, Message: "The model does not exist"}, "model"},
		"a model that is not there, by type":                {Error{Status: 404, Type: "model_not_found"}, "model"},
		"a model that is retired":                           {Error{Status: 410, Type: "ModelDeprecated", Message: "retired"}, "model"},
		"a model that is not there, as a wrong request":     {Error{Status: 400, Message: "m is not a valid Model ID"}, "model"},
		"a model that is not there, by parameter":           {Error{Status: 400, Message: "no", Param: "model"}, "model"},
		"a role that the service does not know":             {Error{Status: 400, Message: `messages[0].role "human" must be one of user, assistant`}, "role"},
		"a role, by parameter":                              {Error{Status: 422, Message: "no", Param: "messages[0].role"}, "role"},
		"a role, by its place":                              {Error{Status: 422, Message: "no", Param: "messages.0.role"}, "role"},
		"a role, in the stream":                             {Error{Type: "invalid_request_error", Message: "unknown role"}, "role"},
		"a parameter of the run":                            {Error{Status: 400, Message: "'temperature' must be at most 2"}, "temperature"},
		"a parameter of the run, by its place":              {Error{Status: 422, Message: "no", Param: "temperature.float"}, "temperature"},
		"a parameter of the run that the model lacks":       {Error{Status: 400, Message: "temperature is not supported by this model"}, "temperature"},
		"the ask mode":                                      {Error{Status: 400, Message: `unknown askMode "tax_research_deep_research"`}, "askMode"},
		"the ask mode, in another spelling":                 {Error{Status: 400, Message: "ask_mode must be one of fast, deep"}, "askMode"},
		"the ask mode, in two words":                        {Error{Status: 422, Message: "Unknown ask mode"}, "askMode"},
		"the ask mode, by parameter":                        {Error{Status: 422, Message: "no", Param: "ask_mode"}, "askMode"},
		"a parameter that the question overrides":           {Error{Status: 400, Message: "top_p must be less than 1"}, ""},
		"a parameter that the question overrides, by name":  {Error{Status: 400, Message: "no", Param: "top_p"}, ""},
		"a parameter of the question beside one of the run": {Error{Status: 400, Message: "seed and temperature exclude each other"}, ""},
		"a parameter that is missing":                       {Error{Status: 422, Message: "Field required", Param: "max_tokens"}, "max_tokens"},
		"a parameter that the client sets":                  {Error{Status: 400, Message: "no", Param: "stream"}, "stream"},
		"the prompt, as the service calls it":               {Error{Status: 422, Message: "no", Param: "prompt"}, ""},
		"the question":                                      {Error{Status: 400, Message: "the model cannot read it", Param: "messages[0].content"}, ""},
		"the messages":                                      {Error{Status: 400, Message: "no role", Param: "messages"}, ""},
		"nothing that is known":                             {Error{Status: 400, Message: "no"}, ""},
		"a parameter without a name":                        {Error{Status: 400, Message: "no", Param: "[]"}, ""},
		"a word that only begins so":                        {Error{Status: 400, Message: "payroll models and temperatures"}, ""},
		"a question that is too long for the model":         {Error{Status: 400, Message: "This model's maximum context length is 8192 tokens"}, ""},
		"a question that is too long, by type":              {Error{Status: 400, Type: "context_length_exceeded", Message: "the model takes 8192 tokens"}, ""},
		"a question that is too long, in other words":       {Error{Status: 422, Message: "the prompt is too long for the model"}, ""},
		"a request that is too large":                       {Error{Status: 413, Message: "too large for the model"}, ""},
		"a content refusal":                                 {Error{Status: 400, Type: "content_filter", Message: "the model refused"}, ""},
		"half an answer":                                    {Error{Type: "invalid_request_error", Message: "the model stopped", MaybeCharged: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Classify(&test.err, time.Now(), time.Minute); got != GiveUp {
				t.Errorf("the action is %v, want give up", got)
			}
			if got := settings.common().refused(&test.err, req.Payload); got != test.want {
				t.Errorf("it refuses %q, want %q", got, test.want)
			}
		})
	}
}

// A 403 is a doubt about the key, unless it says that it is about the model.
func TestAModelThatTheKeyMayNotUseIsASetting(t *testing.T) {
	req, _, err := Settings{AskModes: taxModes}.Request(Question{Text: "How?"})
	if err != nil {
		t.Fatal(err)
	}
	for want, e := range map[string]*Error{
		"model": {Status: 403, Type: "invalid_request_error", Code: "model_not_found", Param: "model", Message: "Project p does not have access to model m"},
		"":      {Status: 403, Message: "the firewall's model of this request is bad"},
	} {
		if got := (Settings{AskModes: taxModes}).common().refused(e, req.Payload); got != want || Classify(e, time.Now(), time.Minute) != Doubt {
			t.Errorf("%v refuses %q, want %q", e, got, want)
		}
	}
}

func noModel() *Error { return &Error{Status: 404, Type: "model_not_found"} }

// refusedSetting is the setting for which a run stopped.
func refusedSetting(err error) string {
	var stop *StopError
	if !errors.As(err, &stop) {
		return ""
	}
	return stop.Setting
}

// allPending checks that no question has failed, nor lost an attempt.
func allPending(t *testing.T, rows []Record) {
	t.Helper()
	for _, r := range rows {
		if r.Status != Pending || r.Attempts != 0 {
			t.Errorf("question %s is %s after %d attempts", r.ID, r.Status, r.Attempts)
		}
	}
}

func TestAModelThatIsNotThereStopsTheRun(t *testing.T) {
	for _, test := range []struct{ questions, workers, limit, most int }{
		{40, 1, 0, 4}, {40, 8, 0, 9}, {40, 8, 1, 1}, {2, 8, 0, 2}, {1, 8, 0, 1},
	} {
		t.Run(fmt.Sprintf("%d questions, %d workers, limit %d", test.questions, test.workers, test.limit), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				importN(t, store, test.questions)
				svc := newService(from(1, noModel()))
				sum, err := Run(t.Context(), store, svc, Options{Workers: test.workers, Limit: test.limit})
				out := verify(t, svc, sum, err, 0, 0)
				if out.Sum > test.most || refusedSetting(err) != "model" {
					t.Errorf("%d requests, want at most %d; %v", out.Sum, test.most, err)
				}
				out.Sum = 0
				want(t, out, outcome{Stop: StopSettings, Left: test.questions})
				allPending(t, records(t, store))
				svc.rule = answers(time.Second)
				_, out = run(t, store, svc, Options{})
				want(t, out, outcome{Answered: test.questions, Sum: test.questions})
			})
		})
	}
}

// The words of a refusal may be about one question all the same: it fails, and
// is not asked twice for that.
func TestOneQuestionThatIsRefusedForItsModelIsNoStop(t *testing.T) {
	for _, odd := range [][]int{{1}, {10}, {20}, {1, 2}, {1, 2, 4, 20}} {
		for _, workers := range []int{1, 8} {
			if workers == 1 && len(odd) > 3 {
				continue // four in a row are all that such a run has to go by
			}
			t.Run(fmt.Sprintf("questions %v, %d workers", odd, workers), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store := newStore(t)
					importN(t, store, 20)
					svc := newService(func(r request) reply {
						for _, n := range odd {
							if r.number() == n {
								return reply{err: noModel()}
							}
						}
						return reply{takes: 10 * time.Second}
					})
					_, out := run(t, store, svc, Options{Workers: workers})
					want(t, out, outcome{Answered: 20 - len(odd), Failed: len(odd), Sum: 20})
					if plan := importN(t, store, 20); plan.Failed != len(odd) {
						t.Errorf("%d stay failed, want %d", plan.Failed, len(odd))
					}
					for _, n := range odd {
						if r := records(t, store)[n-1]; r.Status != Failed || r.Attempts != 1 || r.Error != "404 model_not_found: " {
							t.Errorf("%+v", r)
						}
					}
				})
			})
		}
	}
}

// What no question sets may be refused for all of them, or for one.
func TestARefusalOfWhatNoQuestionSetsStopsTheRun(t *testing.T) {
	noStream := &Error{Status: 400, Param: "stream", Message: "the account must be verified"}
	for odd, result := range map[int]outcome{
		20: {Stop: StopSettings, Left: 20, Sum: 4},
		1:  {Answered: 19, Failed: 1, Sum: 20},
	} {
		t.Run(fmt.Sprintf("%d of 20 questions", odd), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				importN(t, store, 20)
				svc := newService(func(r request) reply {
					if r.number() <= odd {
						return reply{err: noStream}
					}
					return reply{takes: time.Second}
				})
				sum, err := Run(t.Context(), store, svc, Options{Workers: 1})
				want(t, verify(t, svc, sum, err, 0, 0), result)
			})
		})
	}
}

func TestWhatWasAnsweredBeforeSpeaksForTheSettings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 5)
		svc := newService(answers(time.Second))
		_, out := run(t, store, svc, Options{Limit: 1})
		want(t, out, outcome{Answered: 1, Left: 4, Sum: 1})
		svc.rule = from(1, noModel())
		_, out = run(t, store, svc, Options{Workers: 1})
		want(t, out, outcome{Failed: 4, Sum: 4})
	})
}

func TestAQuestionHeldBackIsPendingWhenTheRunStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 3)
		svc := newService(func(r request) reply {
			switch {
			case r.number() > 1:
				return reply{takes: time.Hour}
			case r.n == 1:
				return reply{err: httpError(500)}
			}
			return reply{err: noModel()}
		})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		sum, err := Run(ctx, store, svc, Options{Drain: time.Second})
		want(t, verify(t, svc, sum, err, 0, 0), outcome{Stop: StopInterrupted, Left: 3, Uncertain: 2, Sum: 4})
		if r := records(t, store)[0]; r.Status != Pending || r.Attempts != 1 {
			t.Errorf("%+v", r)
		}
	})
}

// temperature is a request's parameter.
func temperature(value string) map[string]json.RawMessage {
	return map[string]json.RawMessage{"temperature": json.RawMessage(value)}
}

func TestAParameterIsOfTheRunOrOfARow(t *testing.T) {
	hot := &Error{Status: 400, Message: "temperature must be at most 2"}
	for name, test := range map[string]struct {
		override map[string]string // by question
		refused  []int             // questions
		want     outcome
	}{
		"of the run":   {nil, []int{1, 2, 3, 4, 5}, outcome{Stop: StopSettings, Left: 5, Sum: 4}},
		"of a row":     {map[string]string{"1": "99"}, []int{1}, outcome{Answered: 4, Failed: 1, Sum: 5}},
		"of every row": {map[string]string{"1": "99", "2": "98", "3": "97", "4": "96", "5": "95"}, []int{1, 2, 3, 4, 5}, outcome{Failed: 5, Sum: 5}},
		"of the run, while a row's own is accepted": {map[string]string{"1": "1"}, []int{2, 3, 4, 5}, outcome{Stop: StopSettings, Answered: 1, Left: 4, Sum: 5}},
		"of the run, and given again in each row":   {map[string]string{"1": "9", "2": "9", "3": "9", "4": "9", "5": "9"}, []int{1, 2, 3, 4, 5}, outcome{Stop: StopSettings, Left: 5, Sum: 4}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				settings := Settings{AskModes: taxModes, Params: temperature("9")}
				questions := func(yield func(Question, error) bool) {
					for q := range texts(numbered(5)...) {
						if value := test.override[q.ID]; value != "" {
							q.Params = temperature(value)
						}
						yield(q, nil)
					}
				}
				if _, err := Import(store, questions, ImportOptions{Settings: settings}); err != nil {
					t.Fatal(err)
				}
				svc := newService(func(r request) reply {
					for _, n := range test.refused {
						if r.number() == n {
							return reply{err: hot}
						}
					}
					return reply{takes: time.Second}
				})
				sum, err := Run(t.Context(), store, svc, Options{Settings: settings, Workers: 1})
				want(t, verify(t, svc, sum, err, 0, 0), test.want)
				if got := refusedSetting(err); test.want.Stop != "" && got != "temperature" {
					t.Errorf("stopped for %q", got)
				}
			})
		})
	}
}
