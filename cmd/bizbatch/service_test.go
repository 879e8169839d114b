package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// --provider, its help and the providers name the same services.
func TestProviderNames(t *testing.T) {
	field, _ := reflect.TypeFor[runCmd]().FieldByName("Provider")
	names := []string{""}
	for _, p := range providers {
		names = append(names, p.Name)
		if p.Name != "vllm" && !strings.Contains(field.Tag.Get("help"), " "+p.Name+",") && !strings.Contains(field.Tag.Get("help"), " "+p.Name+" or ") {
			t.Errorf("the help does not name %s", p.Name)
		}
	}
	if enum := strings.Split(field.Tag.Get("enum"), ","); !slices.Equal(enum, names) {
		t.Errorf("--provider takes %q, want %q", enum, names)
	}
}
