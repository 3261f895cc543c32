module example.org/logd

go 1.22
