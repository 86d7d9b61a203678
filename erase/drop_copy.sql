DROP EXTERNAL TABLE IF EXISTS `${project}.${dataset}.${table}`
