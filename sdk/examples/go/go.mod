module example.com/dashboard

go 1.19

require github.com/roundhouse/roundhouse/sdk/go v0.0.0

replace github.com/roundhouse/roundhouse/sdk/go => ../../go
