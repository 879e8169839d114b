package chat

import (
	"testing"

	"bizbatch/batch"
)

func TestTokenPrice(t *testing.T) {
	var p TokenPrice
	if err := p.UnmarshalText([]byte("2.50,10")); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		usage string
		want  batch.Money // -1: not known
	}{
		"OpenAI":                         {`{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":1500}`, 7500},
		"a fraction of a millionth":      {`{"prompt_tokens":1,"completion_tokens":0,"total_tokens":1}`, 3},
		"thoughts in the total alone":    {`{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":3500}`, 27500},
		"names of newer APIs":            {`{"input_tokens":1000,"output_tokens":500}`, 7500},
		"members that are not known":     {`{"prompt_tokens":1000,"completion_tokens":500,"cost":{"total_cost":1}}`, 7500},
		"fractions":                      {`{"prompt_tokens":1000.0,"completion_tokens":5e2,"total_tokens":1500.0}`, 7500},
		"texts":                          {`{"prompt_tokens":"1000","completion_tokens":"500"}`, 7500},
		"details of another form":        {`{"prompt_tokens":1000,"completion_tokens":500,"prompt_tokens_details":"none"}`, 7500},
		"what is no number":              {`{"prompt_tokens":"NaN","completion_tokens":"Inf"}`, -1},
		"nothing":                        {``, -1},
		"no counts":                      {`{"total_tokens":0}`, -1},
		"what is no count":               {`{"prompt_tokens":"many"}`, -1},
		"an answer without any question": {`{"completion_tokens":100}`, 1000},
	} {
		got, ok := p.Cost(&batch.Answer{Usage: []byte(test.usage)})
		if ok != (test.want >= 0) || ok && got != test.want {
			t.Errorf("%s: %d, %v, want %d", name, got, ok, test.want)
		}
	}
	for _, text := range []string{"", "1", "1,", ",1", "1,2,3", "-1,2", "a,b"} {
		if err := p.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}
